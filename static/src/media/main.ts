// The page of the library: files are dropped or chosen, uploaded two at a time with their progress, and appear at once.
import htmx from "htmx.org";
import { fileSize } from "@shared/format";
import { gettext, interpolate } from "@shared/i18n";
import { csrfToken } from "@shared/page";
import "./media.css";

const AT_ONCE = 2;

const place = document.querySelector<HTMLElement>("[data-media-place]");
const input = document.querySelector<HTMLInputElement>("[data-media-input]");
const uploads = document.querySelector<HTMLElement>("[data-media-uploads]");
const waiting: Line[] = [];
let underway = 0;

type Line = { file: File; item: HTMLLIElement; bar: HTMLProgressElement };

if (place && input && uploads) {
  for (const button of document.querySelectorAll("[data-media-choose]")) button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = "";
  });
  // The whole page takes what is dropped, so that no near miss opens the file instead.
  let depth = 0;
  const over = (change: number): void => {
    depth = Math.max(0, depth + change);
    place.toggleAttribute("data-over", depth > 0);
  };
  document.addEventListener("dragenter", (event) => event.dataTransfer?.types.includes("Files") && over(1));
  document.addEventListener("dragleave", (event) => event.dataTransfer?.types.includes("Files") && over(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(-depth);
    take([...(event.dataTransfer?.files ?? [])]);
  });
  window.addEventListener("beforeunload", (event) => underway > 0 && event.preventDefault());
  document.addEventListener("click", fillDialog);
}

function take(files: File[]): void {
  for (const file of files) {
    const line = draw(file);
    const limit = Number(place?.dataset.limit);
    if (file.size > limit) refuse(line, interpolate(gettext("%(name)s is larger than %(size)s."), { name: file.name, size: fileSize(limit) }));
    else waiting.push(line);
  }
  start();
}

function start(): void {
  while (underway < AT_ONCE) {
    const line = waiting.shift();
    if (!line) return;
    underway += 1;
    send(line);
  }
}

// Not fetch: it does not tell how much has left.
function send(line: Line): void {
  const call = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", line.file);
  call.open("POST", place?.dataset.upload ?? "");
  call.setRequestHeader("X-CSRFToken", csrfToken());
  call.setRequestHeader("Accept", "application/json");
  call.responseType = "json";
  call.upload.onprogress = ({ loaded, total }) => {
    line.bar.value = loaded;
    line.bar.max = total;
  };
  call.onload = () => {
    const answer = (call.response ?? {}) as { id?: number; message?: string };
    if (call.status === 201 && answer.id) void arrived(line, answer.id);
    else refuse(line, answer.message ?? gettext("Something went wrong on our side. Try again in a minute."));
  };
  call.onerror = () => refuse(line, gettext("No connection to Kaskad. Choose the file once more."));
  call.onloadend = () => {
    underway -= 1;
    start();
  };
  call.send(body);
}

async function arrived(line: Line, id: number): Promise<void> {
  const list = document.getElementById("media-files");
  remove(line);
  if (!list) return;
  document.querySelector("[data-media-empty]")?.remove();
  document.querySelector("[data-media-shelf]")?.removeAttribute("hidden");
  await htmx.ajax("get", `${place?.dataset.one}${id}/?view=${place?.dataset.view}`, { target: list, swap: "afterbegin" });
}

function draw(file: File): Line {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.className = "media-name";
  name.textContent = file.name;
  bar.className = "bar";
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  item.append(name, bar);
  uploads?.append(item);
  uploads?.removeAttribute("hidden");
  return { file, item, bar };
}

function refuse(line: Line, words: string): void {
  const said = document.createElement("p");
  said.className = "field-error";
  said.setAttribute("role", "alert");
  said.textContent = words;
  const away = document.createElement("button");
  away.type = "button";
  away.className = "btn btn-ghost btn-sm btn-square";
  away.setAttribute("aria-label", gettext("Take away"));
  away.textContent = "×";
  away.addEventListener("click", () => remove(line));
  line.bar.replaceWith(document.createElement("span"));
  line.item.append(away, said);
}

function remove(line: Line): void {
  line.item.remove();
  uploads?.toggleAttribute("hidden", uploads.childElementCount === 0);
}

// One dialog for all files: what was pressed says which is meant.
function fillDialog(event: Event): void {
  const pressed = (event.target as Element).closest<HTMLElement>("[data-file-action]");
  const dialog = pressed && document.getElementById(pressed.dataset.opens ?? "");
  if (!pressed || !dialog) return;
  const form = dialog.querySelector("form");
  if (form) form.action = pressed.dataset.fileAction ?? "";
  const name = pressed.dataset.file ?? "";
  for (const place of dialog.querySelectorAll("[data-file-name]")) place.textContent = name;
  const field = dialog.querySelector<HTMLInputElement>("input[name=name]");
  if (field) {
    const dot = name.lastIndexOf(".");
    field.value = dot > 0 ? name.slice(0, dot) : name;
    field.select();
  }
}
