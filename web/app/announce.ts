// What changed by itself is read out, at most every 10 seconds, in one polite sentence after the other.

import { signal } from "@preact/signals";

const pause = 10_000; // ms

export const announced = signal("");

let waiting: string[] = [];
let last = -pause;
let timer = 0;

function speak() {
  timer = 0;
  last = performance.now();
  announced.value = waiting.join(" ");
  waiting = [];
}

export function announce(sentence: string) {
  if (waiting.includes(sentence)) return;
  waiting = [...waiting.slice(-2), sentence]; // more than three are noise
  timer ||= setTimeout(speak, Math.max(0, last + pause - performance.now()));
}
