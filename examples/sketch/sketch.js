// A p5 sketch: faces on a closed walk through latent space, one beside the other around the present one. The explorer
// is not shown; it is the engine that turns codes into pictures.

import { defineExplorer } from "./vielbein-explorer.js";

const SIDE = 480;
const FACES = 24;
const STEP = (2 * Math.PI) / FACES;

defineExplorer({ provider: new URLSearchParams(location.search).get("provider") ?? "auto" });
const explorer = document.querySelector("vielbein-explorer");
await explorer.loadModel("faces.onnx");

// A circle through the first code, in the plane of it and of its leading direction.
const start = explorer.latent;
const { vectors } = explorer.directions.get("basis").set;
const radius = Math.hypot(...start);
const aside = start.map((_, i) => radius * vectors.data[i * vectors.cols]);
const codeAt = (angle) => start.map((x, i) => Math.cos(angle) * x + Math.sin(angle) * aside[i]);

new p5((p) => {
  const faces = [];
  let steps = 0;

  p.setup = () => {
    p.createCanvas(SIDE, SIDE).parent(document.querySelector("main"));
    p.noSmooth();
    p.imageMode(p.CENTER);
    explorer.addEventListener("frame", ({ detail: { image } }) => {
      faces.push(pictureOf(image));
      if (faces.length > FACES) faces.shift();
      walk();
    });
    walk();
  };

  p.draw = () => {
    p.background("#14171b");
    p.translate(SIDE / 2, SIDE / 2);
    faces.forEach((face, i) => {
      const angle = i * STEP + p.millis() / 4000;
      p.image(face, 205 * Math.cos(angle), 205 * Math.sin(angle), 56, 56);
    });
    if (faces.length > 0) p.image(faces.at(-1), 0, 0, 220, 220);
  };

  // A code that is shown already makes no frame: the walk begins with a step. Nothing waits for the directions there.
  const walk = () => void explorer.setCode(codeAt(++steps * STEP)).catch(() => undefined);

  function pictureOf({ width, height, data }) {
    const picture = p.createImage(width, height);
    picture.loadPixels();
    picture.pixels.set(data);
    picture.updatePixels();
    return picture;
  }
});
