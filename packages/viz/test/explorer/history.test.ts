import { expect, it } from "vitest";
import { History } from "../../src/explorer/history.ts";

it("goes back and forth over the states that people stayed at", () => {
  let now = 0;
  const history = new History<number>(
    (a, b) => a === b,
    () => now,
  );
  const at = (time: number, state: number) => {
    now = time;
    history.note(state);
  };
  at(0, 1);
  expect([history.canUndo, history.canRedo]).toEqual([false, false]);
  // A drag: many states, quickly.
  for (let i = 0; i < 20; i++) at(1000 + 20 * i, 10 + i);
  at(3000, 50);
  // The same again is no other state.
  at(9000, 50);
  expect(history.undo()).toBe(29);
  expect(history.undo()).toBe(1);
  expect(history.undo()).toBeUndefined();
  expect([history.redo(), history.redo(), history.redo()]).toEqual([29, 50, undefined]);
  history.undo();
  // What follows a return is a state of its own, and the way forth is gone.
  at(9001, 70);
  expect(history.canRedo).toBe(false);
  expect([history.undo(), history.undo()]).toEqual([29, 1]);
  history.clear();
  expect([history.canUndo, history.undo(), history.redo()]).toEqual([false, undefined, undefined]);
});

it("keeps the last two hundred", () => {
  let now = 0;
  const history = new History<number>(
    (a, b) => a === b,
    () => now,
  );
  for (let i = 0; i < 300; i++) {
    now += 1000;
    history.note(i);
  }
  let count = 0;
  for (; history.canUndo; count++) history.undo();
  expect(count).toBe(199);
});
