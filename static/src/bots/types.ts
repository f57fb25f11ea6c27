// What the server tells the editor, and what the editor sends back: shapes of bots/graph.py and bots/payloads.py.

export type Attachment = { kind: "image" | "video" | "audio" | "voice" | "document"; media: number; name: string; content_type: string; size: number };
export type ReplyButton = { kind: "reply"; id: string; text: string; target: string | null };
export type UrlButton = { kind: "url"; id: string; text: string; url: string };
export type FlowButton = ReplyButton | UrlButton;

// An approved message, said where the messenger lets nothing else through. `parts` are the server's own.
export type StepTemplate = { name: string; language: string; parts: TemplateParts; values: Record<string, string> };
export type TemplateParts = { header: string; body: string; footer: string; header_file: string | null };
export type OfferedTemplate = StepTemplate & { gaps: { key: string; label: string; example: string }[] };

export type MessageNode = { type: "message"; subject: string; text: string; attachments: Attachment[]; buttons: UrlButton[]; template: StepTemplate | null; next: string | null };
export type ButtonsNode = { type: "buttons"; subject: string; text: string; attachments: Attachment[]; buttons: FlowButton[]; template: StepTemplate | null };
export type TalkingNode = MessageNode | ButtonsNode;
export type UnknownNode = { type: string; unknown: true };
export type Node = TalkingNode | UnknownNode;

export type Mode = "exact" | "starts" | "contains";
export type KeywordTrigger = { id: string; kind: "keyword"; phrases: string[]; mode: Mode; channels: number[] };
export type WelcomeTrigger = { id: string; kind: "welcome"; channels: number[] };
export type UnknownTrigger = { id: string; kind: string; unknown: true };
export type Trigger = KeywordTrigger | WelcomeTrigger | UnknownTrigger;

export type Graph = { format: 1; start: string | null; triggers: Trigger[]; nodes: Record<string, Node>; order: string[] };

export type FlowState = "draft" | "published" | "newer_draft" | "off";
export type Flow = {
  id: number;
  name: string;
  revision: number;
  state: FlowState;
  active: boolean;
  version: number | null;
  newer: boolean;
  updatedBy: string;
  updatedAt: string;
  inside: number;
  passed: number;
  failed: number;
};

export type Problem = { node: string; field: string; code: string; error: boolean; text: string };
export type Warning = { node: string; kind: string; channel: string; text: string };
export type Channel = { id: number; kind: string; name: string };
export type Failure = { person: string; at: string; node: string | null; version: number; text: string };

export type Draft = { flow: Flow; graph: Graph | null; problems: Problem[]; warnings: Warning[]; files: Record<string, string> };
export type Boot = Draft & {
  channels: Channel[];
  templates: OfferedTemplate[];
  types: { kind: string; name: string; icon: string }[];
  failures: Failure[];
  data: string;
  upload: string;
  library: string;
  list: string;
  practice: string;
  me: number;
};

export type Version = { number: number; at: string; by: string; live: boolean };
export type BeforePublishing = {
  flow: Flow;
  authors: string[];
  changes: { added: number; removed: number; changed: number; triggers: number };
  problems: Problem[];
};

export type Span = { text: string; styles: string[]; href: string };
export type Said = { node: string; spans: Span[]; attachments: Attachment[]; buttons: TrialButton[] };
export type TrialButton = { kind: "reply"; id: string; text: string } | { kind: "url"; text: string; url: string };
export type Trial = { state: unknown; said: Said[]; path: string[]; handled: boolean; error: string };

export const isTalking = (node: Node | undefined): node is TalkingNode => node?.type === "message" || node?.type === "buttons";
export const isKeyword = (trigger: Trigger): trigger is KeywordTrigger => trigger.kind === "keyword";
export const isWelcome = (trigger: Trigger): trigger is WelcomeTrigger => trigger.kind === "welcome";
