// Every change of a graph as a pure function: graph in, new graph out. Nothing here knows the page.
import type { ButtonsNode, FlowButton, Graph, MessageNode, Mode, Node, TalkingNode, Trigger, UrlButton } from "./types";
import { isTalking } from "./types";

const SIGNS = "abcdefghjkmnpqrstuvwxyz23456789";

/** Make an id that no part of the graph has. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return prefix + Array.from(bytes, (byte) => SIGNS[byte % SIGNS.length]).join("");
}

export const emptyMessage = (next: string | null = null): MessageNode => ({ type: "message", subject: "", text: "", attachments: [], buttons: [], template: null, next });

export const stepNumber = (graph: Graph, id: string): number => graph.order.indexOf(id) + 1;

/** Put a new message below a step and lead that step through it; without a step, at the end of the list. */
export function addStep(graph: Graph, id: string, after?: string): Graph {
  const place = after === undefined ? graph.order.length : graph.order.indexOf(after) + 1;
  const previous = graph.nodes[after ?? graph.order.at(-1) ?? ""];
  const leads = previous?.type === "message" && isTalking(previous) && (after !== undefined || previous.next === null);
  const nodes = { ...graph.nodes, [id]: emptyMessage(leads ? (previous as MessageNode).next : null) };
  if (leads) nodes[after ?? (graph.order.at(-1) as string)] = { ...(previous as MessageNode), next: id };
  return { ...graph, nodes, order: graph.order.toSpliced(place, 0, id), start: graph.start ?? id };
}

/** Take a step out. Messages that led to it now lead where it led; buttons lead nowhere and say so. */
export function removeStep(graph: Graph, id: string): Graph {
  const gone = graph.nodes[id];
  const beyond = gone && isTalking(gone) && gone.type === "message" && gone.next !== id ? gone.next : null;
  const nodes: Record<string, Node> = {};
  for (const [key, node] of Object.entries(graph.nodes)) if (key !== id) nodes[key] = withoutWayTo(node, id, beyond);
  const order = graph.order.filter((one) => one !== id);
  const start = graph.start === id ? (beyond ?? order[0] ?? null) : graph.start;
  return { ...graph, nodes, order, start };
}

function withoutWayTo(node: Node, id: string, beyond: string | null): Node {
  if (!isTalking(node)) return node;
  if (node.type === "message") return node.next === id ? { ...node, next: beyond } : node;
  return { ...node, buttons: node.buttons.map((button) => (button.kind === "reply" && button.target === id ? { ...button, target: null } : button)) };
}

/** Put a copy right below; the copy leads where the step leads. */
export function duplicateStep(graph: Graph, id: string, copy: string): Graph {
  const node = graph.nodes[id];
  if (!node) return graph;
  return { ...graph, nodes: { ...graph.nodes, [copy]: structuredClone(node) }, order: graph.order.toSpliced(graph.order.indexOf(id) + 1, 0, copy) };
}

/** Move a step in the list, where `place` is its new index. Ways stay as they are. */
export function moveStep(graph: Graph, id: string, place: number): Graph {
  const others = graph.order.filter((one) => one !== id);
  return { ...graph, order: others.toSpliced(Math.max(0, Math.min(place, others.length)), 0, id) };
}

export function changeStep(graph: Graph, id: string, change: (node: TalkingNode) => TalkingNode): Graph {
  const node = graph.nodes[id];
  if (!node || !isTalking(node)) return graph;
  return { ...graph, nodes: { ...graph.nodes, [id]: change(node) } };
}

/** Lead one way of a step somewhere: a button's, or the step's only one. */
export function setTarget(graph: Graph, id: string, button: string | null, target: string | null): Graph {
  return changeStep(graph, id, (node) => {
    if (button === null) return node.type === "message" ? { ...node, next: target } : node;
    return changeButtons(node, (buttons) => buttons.map((one) => (one.id === button && one.kind === "reply" ? { ...one, target } : one)));
  });
}

/** Lead a way to a step that is made for it. */
export function leadToNew(graph: Graph, id: string, button: string | null, made: string): Graph {
  const wider = { ...graph, nodes: { ...graph.nodes, [made]: emptyMessage() }, order: [...graph.order, made] };
  return setTarget(wider, id, button, made);
}

export function addButton(node: TalkingNode, button: FlowButton): TalkingNode {
  if (node.type === "message" && button.kind === "reply") {
    // A message that gets its first reply button begins to wait: where it went on, the button leads now.
    const { next, ...rest } = node;
    return { ...rest, type: "buttons", buttons: [...node.buttons, { ...button, target: next }] };
  }
  return changeButtons(node, (buttons) => [...buttons, button]);
}

export function changeButton(node: TalkingNode, id: string, change: Partial<FlowButton>): TalkingNode {
  return changeButtons(node, (buttons) => buttons.map((one) => (one.id === id ? ({ ...one, ...change } as FlowButton) : one)));
}

export function moveButton(node: TalkingNode, id: string, by: number): TalkingNode {
  return changeButtons(node, (buttons) => {
    const from = buttons.findIndex((one) => one.id === id);
    const button = buttons[from];
    if (!button) return buttons;
    const others = buttons.toSpliced(from, 1);
    return others.toSpliced(Math.max(0, Math.min(from + by, others.length)), 0, button);
  });
}

export function removeButton(node: TalkingNode, id: string): TalkingNode {
  const gone = node.buttons.find((one) => one.id === id);
  const left = node.buttons.filter((one) => one.id !== id);
  if (node.type === "buttons" && !left.some((one) => one.kind === "reply")) {
    const next = gone?.kind === "reply" ? gone.target : null;
    return { ...node, type: "message", buttons: left as UrlButton[], next };
  }
  return changeButtons(node, () => left);
}

function changeButtons(node: TalkingNode, change: (buttons: FlowButton[]) => FlowButton[]): TalkingNode {
  if (node.type === "message") return { ...node, buttons: change(node.buttons) as UrlButton[] };
  return { ...node, buttons: change(node.buttons) } satisfies ButtonsNode;
}

export function addTrigger(graph: Graph, trigger: Trigger): Graph {
  return { ...graph, triggers: [...graph.triggers, trigger] };
}

export function removeTrigger(graph: Graph, id: string): Graph {
  return { ...graph, triggers: graph.triggers.filter((one) => one.id !== id) };
}

export function changeTrigger(graph: Graph, id: string, change: { phrases?: string[]; mode?: Mode; channels?: number[] }): Graph {
  return { ...graph, triggers: graph.triggers.map((one) => (one.id === id ? ({ ...one, ...change } as Trigger) : one)) };
}

/** Give what the server leaves out as its default a value, so that the rest of the editor need not ask. */
export function filledIn(graph: Graph): Graph {
  const nodes = Object.fromEntries(Object.entries(graph.nodes).map(([id, node]) => [id, filledNode(node)]));
  const triggers = graph.triggers.map((one) => (one.kind === "keyword" || one.kind === "welcome" ? { ...one, channels: (one as { channels?: number[] }).channels ?? [] } : one) as Trigger);
  return { ...graph, nodes, triggers };
}

function filledNode(node: Node): Node {
  if (!isTalking(node)) return node;
  const talking = { ...node, subject: node.subject ?? "", text: node.text ?? "", attachments: node.attachments ?? [], template: node.template ?? null, buttons: (node.buttons ?? []).map((one) => ({ ...one, kind: one.kind ?? "url" })) };
  return (talking.type === "message" ? { ...talking, next: talking.next ?? null } : talking) as Node;
}
