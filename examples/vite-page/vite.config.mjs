export default {
  // The workers load the engine when it is wanted, which takes modules.
  worker: { format: "es" },
  build: { target: "es2022" },
};
