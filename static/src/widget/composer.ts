// Where the visitor writes: a text that grows, files by button, drop and paste, checked before anything is sent.
import { h, icon } from "./dom";
import { read, write } from "./storage";
import { FILE_LIMIT, FILES_AT_ONCE } from "./talk";
import type { Words } from "./words";

const TEXT_LIMIT = 4_000;

export interface Composer {
  element: HTMLFormElement;
  focus(): void;
  take(files: File[]): void;
  speak(words: Words): void;
}

interface Ends {
  key: string;
  say(text: string): void;
  sendFile(file: File): Promise<void>;
  complain(text: string): void;
}

export function makeComposer(words: Words, { key, say, sendFile, complain }: Ends): Composer {
  let spoken = words;
  const text = h("textarea", { rows: "1", autocomplete: "off" });
  const chooser = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1" });
  const attach = h("button", { class: "round", type: "button", click: () => chooser.click() }, icon("clip"));
  const send = h("button", { class: "round send", type: "submit" }, icon("send"));
  const element = h("form", { class: "composer", novalidate: true }, chooser, attach, text, send);

  function grow(): void {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
    text.style.overflowY = text.scrollHeight > 132 ? "auto" : "hidden";
    send.disabled = !text.value.trim();
    write(key, "draft", text.value);
  }

  function submit(): void {
    const said = text.value.trim();
    if (!said) return;
    if (said.length > TEXT_LIMIT) return complain(spoken.tooLong);
    complain("");
    say(said);
    text.value = "";
    grow();
  }

  function take(files: File[]): void {
    complain("");
    if (files.length > FILES_AT_ONCE) return complain(spoken.tooMany);
    for (const file of files) {
      if (file.size > FILE_LIMIT) complain(`«${file.name}» ${spoken.tooLarge}`);
      else if (file.size === 0) complain(`«${file.name}» ${spoken.emptyFile}`);
      else void sendFile(file);
    }
  }

  function speak(now: Words): void {
    spoken = now;
    text.placeholder = now.write;
    text.setAttribute("aria-label", now.write);
    for (const [button, name] of [[attach, now.attach], [send, now.send]] as const) {
      button.setAttribute("aria-label", name);
      button.title = name;
    }
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    // On a phone Enter makes a new line: there is a button to send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    submit();
  });
  text.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  chooser.addEventListener("change", () => {
    take([...(chooser.files ?? [])]);
    chooser.value = "";
  });
  speak(words);
  text.value = read(key, "draft");
  queueMicrotask(grow);
  return { element, take, speak, focus: () => (grow(), text.focus()) };
}
