// `vielbein report`: the page as a reader and a browser get it, what a run keeps, and what becomes of what fails.

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { type DefaultTreeAdapterTypes, html, type ParserError, parse } from "parse5";
import { describe, expect, it } from "vitest";
import { floats, generator, generatorBytes, int64s, model, node, styled } from "./models.ts";
import { interruptedAt, scratch, vielbein } from "./run.ts";

const path = scratch("drawn.onnx", generatorBytes);
const other = scratch("styled.onnx", encodeModel(styled()));

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const isElement = (node: Node): node is Element => "tagName" in node;

/** All elements of a document, and what the parser has against it. */
function elementsOf(text: string): { elements: Element[]; problems: string[] } {
  const problems: string[] = [];
  const document = parse(text, {
    onParseError: ({ code, startLine }: ParserError) => problems.push(`${code}:${startLine}`),
  });
  const below = (node: Node): Element[] => [
    ...(isElement(node) ? [node] : []),
    ...("childNodes" in node ? node.childNodes.flatMap(below) : []),
  ];
  return { elements: below(document), problems };
}

const attribute = ({ attrs }: Element, wanted: string) => attrs.find(({ name }) => name === wanted)?.value;

const textOf = (node: Node): string =>
  "value" in node ? node.value : "childNodes" in node ? node.childNodes.map(textOf).join("") : "";

const twin = (page: string) => page.replace(/html$/, "json");

interface Part {
  status: string;
  reason?: string;
  figures?: string[];
  commands?: string[];
  numbers?: object;
}

const documentOf = (page: string): { sections: { id: string; parts: Part[] }[] } =>
  JSON.parse(readFileSync(twin(page), "utf8"));

const statuses = (page: string, model = 0) =>
  Object.fromEntries(documentOf(page).sections.map(({ id, parts }) => [id, parts[model]?.status]));

async function report(page: string, ...more: string[]) {
  return vielbein("report", "--effort", "quick", "--out", page, "--quiet", ...more);
}

describe("the page", { timeout: 240_000 }, () => {
  const page = scratch("page.html");

  it("has a sentence, a figure and a command for every section", async () => {
    const { code, stdout, stderr } = await report(page, path);
    expect([code, stderr]).toEqual([0, ""]);
    expect(new Set(Object.values(statuses(page)))).toEqual(new Set(["done"]));
    for (const { id, parts } of documentOf(page).sections) {
      const [part] = parts;
      expect([id, part?.commands?.length]).not.toEqual([id, 0]);
      // Spectra of four eigenvalues have a heat map too.
      expect([id, part?.figures?.length]).toEqual([id, 1]);
    }
    expect(stdout).toContain("the spectrum is flat");
    expect(stdout).toContain("not distinguishable from an untrained network");
  });

  it("is HTML that stands alone: no script, nothing from outside, ids of one kind, links that lead somewhere", () => {
    const text = readFileSync(page, "utf8");
    const { elements, problems } = elementsOf(text);
    expect(problems).toEqual([]);
    const ids = elements.flatMap((element) => attribute(element, "id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const links = elements.filter(({ tagName }) => tagName === "a").map((link) => attribute(link, "href"));
    expect(links.length).toBe(13);
    for (const link of links) expect(ids).toContain(link?.slice(1));
    for (const element of elements) {
      expect(element.tagName).not.toMatch(/^(script|link|iframe|object|embed)$/);
      for (const { name, value } of element.attrs) {
        expect(name).not.toMatch(/^on/);
        if (/^(href|src|action|data)$/.test(name)) expect(value).toMatch(/^(#|data:image\/png;base64,)/);
      }
    }
    expect(text).not.toMatch(/url\(|@import|https?:\/\//);
    expect(statSync(page).size).toBeLessThan(15e6);
  });

  it("has figures in the namespace of SVG, headings in order, and the words that screen readers need", () => {
    const { elements } = elementsOf(readFileSync(page, "utf8"));
    const figures = elements.filter(({ tagName }) => tagName === "svg");
    expect(figures.length).toBe(13);
    for (const figure of figures) {
      expect(figure.namespaceURI).toBe(html.NS.SVG);
      expect(attribute(figure, "role")).toBe("img");
      expect(
        figure.childNodes.some((node) => isElement(node) && node.tagName === "title" && textOf(node) !== ""),
      ).toBe(true);
    }
    expect(elements.filter(({ tagName }) => tagName === "h1")).toHaveLength(1);
    expect(attribute(elements.find(({ tagName }) => tagName === "html")!, "lang")).toBe("en");
    for (const caption of elements.filter(({ tagName }) => tagName === "figcaption")) {
      expect(textOf(caption)).toMatch(/\.$/);
    }
  });

  it("is the same, bit for bit, when it is made again, and when a part of it is kept", async () => {
    const again = scratch("again.html");
    const first = await interruptedAt(
      /Whether the space is warped/,
      ...["report", path, "--effort", "quick", "--out", again],
    );
    expect([first.code, first.stderr]).toEqual([
      130,
      expect.stringMatching(
        /interrupted after 8 of 13 parts; .*again\.json keeps them: .* --resume to go on/,
      ),
    ]);
    expect(statuses(again)).toMatchObject({ agreement: "done", warpage: "pending" });
    expect(readFileSync(again, "utf8")).toContain("This report is not finished: 5 of 13 parts");
    const { code, stderr } = await vielbein("report", path, "--effort", "quick", "--out", again, "--resume");
    expect(code).toBe(0);
    expect(stderr).toContain("keeps 8 of 13 parts");
    expect(stderr).not.toContain("How many directions move the output");
    expect(readFileSync(again, "utf8")).toBe(readFileSync(page, "utf8"));
  });

  it("of a constant output, which has no local directions, compares the others alone", async () => {
    const constant = generator([node("Mul", ["image", "nothing"], ["still"])], "still");
    const nothing = floats("nothing", [1], 1, 0);
    const graph = { ...constant.graph, initializers: [...constant.graph.initializers, nothing] };
    const unmoved = scratch("unmoved.html");
    await report(unmoved, scratch("unmoved.onnx", encodeModel({ ...constant, graph })));
    const agreement = documentOf(unmoved).sections.find(({ id }) => id === "agreement")?.parts[0];
    // Those of the weights and of the hidden layer's samples are directions all the same.
    expect(agreement?.numbers).toMatchObject({ pairs: [{ first: "SeFa", second: "PCA" }] });
  });

  it("a command under a figure makes the same figure", async () => {
    const [part] = documentOf(page).sections.find(({ id }) => id === "warpage")!.parts;
    const [command] = part!.commands!;
    expect(command).toMatch(/^vielbein warpage .*drawn\.onnx --pairs 12 .*--plot warpage\.svg/);
    const figure = scratch("warpage.svg");
    const words = command!.split(" ").slice(1);
    const { code } = await vielbein(
      ...words.map((word) => (word === "warpage.svg" ? figure : word)),
      "--quiet",
    );
    expect(code).toBe(0);
    expect(readFileSync(figure, "utf8")).toBe(part!.figures![0]);
  });

  it("--resume keeps nothing that was changed, and refuses another run", async () => {
    const changed = scratch("changed.html");
    const document = documentOf(page);
    Object.assign(document.sections[1]!.parts[0]!.numbers!, { inputs: 5 });
    document.sections.splice(2, 99);
    writeFileSync(twin(changed), JSON.stringify(document));
    const stopped = await interruptedAt(
      /At|Where directions/,
      "report",
      path,
      "--effort",
      "quick",
      "--out",
      changed,
      "--resume",
    );
    expect(stopped.stderr).toContain("keeps 1 of 13 parts");
    expect(stopped.stderr).toContain("How many directions move the output");
    const options = ["report", path, "--out", changed, "--resume"];
    const another = await vielbein(...options, "--effort", "standard");
    expect([another.code, another.stderr]).toEqual([
      2,
      expect.stringMatching(/is of another run: its effort is "quick"/),
    ]);
    const seed = await vielbein(...options, "--effort", "quick", "--seed", "7");
    expect([seed.code, seed.stderr]).toEqual([2, expect.stringMatching(/its options is \[/)]);
    writeFileSync(twin(changed), '{"tool": 1}');
    const damaged = await vielbein(...options, "--effort", "quick");
    expect([damaged.code, damaged.stderr]).toEqual([
      65,
      expect.stringMatching(/is not a report's document: "tool"/),
    ]);
  });
});

describe("what does not work", { timeout: 240_000 }, () => {
  it("is reported in place, and the rest goes on; the status tells", async () => {
    // One point makes no pair.
    const points = scratch("one.npy", writeNpy({ shape: [1, 4], data: Float32Array.of(0.5, -1, 0.25, 1) }));
    const page = scratch("failing.html");
    const { code, stderr } = await report(page, path, "--points", points);
    // As the first of them: principal components of one sample.
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /of 13 parts failed \(.*Whether the space is warped.*\)\. The page has the reasons/,
    );
    expect(statuses(page)).toMatchObject({
      model: "done",
      spectrum: "done",
      pca: "failed",
      agreement: "done",
      warpage: "failed",
      metric: "done",
    });
    const text = readFileSync(page, "utf8");
    expect(text).toMatch(/This could not be computed: --points: .* has 1 row, but a pair takes two/);
    expect(text).toContain("4 parts of 13 failed; the reason stands in place.");
  });

  it("a model whose output does not move has a report all the same", async () => {
    const still = scratch(
      "still.onnx",
      encodeModel(
        model({
          nodes: [node("Gemm", ["z", "w", "b"], ["flat"]), node("Reshape", ["flat", "shape"], ["image"])],
          initializers: [
            { ...floats("w", [4, 48]), raw: new Uint8Array(4 * 4 * 48) },
            floats("b", [48]),
            int64s("shape", [-1, 3, 4, 4]),
          ],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
          outputs: [{ name: "image", dataType: DataType.FLOAT }],
        }),
      ),
    );
    const page = scratch("still.html");
    const { code, stdout } = await report(page, still);
    expect([code, new Set(Object.values(statuses(page)))]).toEqual([0, new Set(["done", "absent"])]);
    expect(stdout).toContain("None of these directions moves the output");
    expect(stdout).toContain("the derivative is 0, so there are no directions to compare");
    expect(stdout).toContain("The metric of z is 0");
    expect(elementsOf(readFileSync(page, "utf8")).problems).toEqual([]);
  });

  it("more than two models, a page on stdout and a model that is none are refused before any work", async () => {
    const three = await report(scratch("three.html"), path, path, path);
    expect([three.code, three.stderr]).toEqual([2, expect.stringMatching(/one model, or two .* got 3/)]);
    const stream = await report("-", path);
    expect([stream.code, stream.stderr]).toEqual([
      2,
      expect.stringMatching(/several files, which stdout cannot take/),
    ]);
    const page = scratch("none.html");
    const none = await report(page, scratch("none.onnx", "no model"));
    expect(none.code).toBe(65);
    expect(existsSync(page)).toBe(false);
    const own = await report(scratch("x.html"), path, "--seed", "1.5");
    expect([own.code, own.stderr]).toEqual([2, expect.stringMatching(/Expected an integer/)]);
  });
});

describe("two models", { timeout: 480_000 }, () => {
  it("stand side by side under their names, in sections and at a glance", async () => {
    const page = scratch("two.html");
    const { code, stdout } = await report(page, path, other, "--json");
    expect(code).toBe(0);
    expect([statuses(page, 0).spectrum, statuses(page, 1).spectrum]).toEqual(["done", "done"]);
    const said = JSON.parse(stdout);
    expect(said.models.map(({ file }: { file: string }) => file)).toEqual(["drawn.onnx", "styled.onnx"]);
    expect(said.sections[1].parts).toHaveLength(2);
    const { elements, problems } = elementsOf(readFileSync(page, "utf8"));
    expect(problems).toEqual([]);
    const headings = elements.filter(({ tagName }) => tagName === "h3").map(textOf);
    expect(headings).toEqual(Array.from({ length: 13 }, () => ["drawn.onnx", "styled.onnx"]).flat());
    const titles = elements.filter(({ tagName }) => tagName === "th").map(textOf);
    expect(titles.slice(0, 3)).toEqual(["", "drawn.onnx", "styled.onnx"]);
    // Behind a mapping network directions are those of w.
    const commands = documentOf(page)
      .sections.find(({ id }) => id === "sefa")!
      .parts.map(({ commands }) => commands?.[0]);
    expect(commands).toEqual([expect.not.stringContaining("--from"), expect.stringContaining("--from w")]);
    rmSync(page);
  });
});
