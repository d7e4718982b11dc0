// vielbein explore: the explorer's page with a model, on this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { pageUrl } from "@vielbein/explorer/page";
import { axisExtents, encodeModel, endpoints, inputTensors, withShapes } from "@vielbein/onnx";
import { formatChoice } from "@vielbein/viz";
import { encodeChoice } from "@vielbein/viz/explorer";
import { layoutOptions, requireLayout } from "../../inputs/layouts.ts";
import { mapOptions, sha256 } from "../../inputs/model.ts";
import { checkpointChoices, checkpointOptions, readModel } from "../../inputs/model-file.ts";
import { readSettings, setOption } from "../../inputs/settings.ts";
import { integer } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { flag, option } from "../../kit/options.ts";
import { info } from "../../kit/terminal.ts";
import { servePage } from "./page-server.ts";

export const explore = command({
  argument: "<model>",
  description:
    "Serves the explorer and the model on 127.0.0.1 only, prints the address and opens it. The browser computes; nothing leaves this machine. Ctrl-C ends it.",
  options: {
    set: setOption("value of another input to start with"),
    shape: mapOptions.shape,
    ...layoutOptions,
    ...checkpointOptions,
    port: option("--port <n>", "port, or 0 for a free one", integer(0, 65_535), 0),
    open: flag("--no-open", "print the address only"),
  },
  async run({ model: argument, options, terminal, signal }) {
    const { name, bytes, model, remarks } = await readModel(argument, checkpointChoices(options));
    for (const text of remarks) info(terminal, text);
    const { settings: set } = await readSettings(options.set);
    // What the page would refuse is refused here.
    const extents = axisExtents(model, options.shape ?? new Map());
    const shaped = withShapes(model, options.shape ?? new Map());
    const { to } = endpoints(shaped, { inputs: inputTensors(shaped, set) });
    requireLayout(shaped, to, options);
    // The page is handed one file: weights that lie beside the model go into it.
    const whole = model.files.size ? encodeModel(model) : bytes;
    const page = await servePage(pageUrl, { name, bytes: whole, sha256: sha256(bytes) }, options.port);
    const layout = options.layout && formatChoice(options.layout);
    const session = encodeChoice({ set, extents: Object.fromEntries(extents), layout });
    const url = session === "" ? page.url : `${page.url}#${session}`;
    return {
      text: () => `${url}\n`,
      after: async () => {
        info(terminal, "Ctrl-C ends the explorer.");
        if (options.open) openBrowser(url);
        if (!signal.aborted) await once(signal, "abort");
        await page.close();
      },
    };
  },
});

/** Where there is no browser the address is printed anyway. */
function openBrowser(url: string): void {
  const [command, ...before] = { darwin: ["open"], win32: ["rundll32", "url.dll,FileProtocolHandler"] }[
    process.platform as string
  ] ?? ["xdg-open"];
  spawn(command!, [...before, url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
