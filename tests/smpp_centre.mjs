// An SMS centre by node-smpp, for tests: it tells on stdout what comes, and does what it is told on stdin, line by line.

import { createInterface } from "node:readline";
import smpp from "smpp";

const password = process.argv[2];
const sessions = new Set();
const faults = []; // what is done to the next messages
let last = 0;

const tell = (event, fields = {}) => process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
const hears = (session) => session.role && session.role !== "transmitter";

function receipt(id, stat, { by = "text", source = "79991234567" } = {}) {
  const words = `id:${id} sub:001 dlvrd:001 submit date:2605011159 done date:2605011200 stat:${stat} err:000 text:`;
  const parameters = {
    receipted_message_id: id,
    message_state: { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 }[stat],
  };
  return { source_addr: source, destination_addr: "SHOP", esm_class: 4, ...(by === "text" ? { short_message: words } : parameters) };
}

function deliver(fields) {
  const session = [...sessions].find(hears);
  if (!session) return tell("undelivered");
  session.deliver_sm(fields, (answer) => tell("answered", { status: answer.command_status, role: session.role }));
}

function submitted(session, pdu) {
  const open = (session.open = (session.open ?? 0) + 1);
  const answer = (fields) => ((session.open -= 1), session.send(pdu.response(fields)));
  const text = pdu.short_message?.message || (pdu.message_payload?.message ?? "");
  const header = pdu.short_message?.udh ? Buffer.concat([].concat(pdu.short_message.udh)).toString("hex") : "";
  const told = {
    open, to: pdu.destination_addr, source: pdu.source_addr, ton: pdu.source_addr_ton, coding: pdu.data_coding,
    esm: pdu.esm_class, receipt: pdu.registered_delivery, validity: pdu.validity_period, header,
    text: Buffer.isBuffer(text) ? text.toString("hex") : text, part: pdu.sar_segment_seqnum, total: pdu.sar_total_segments,
  };
  const fault = faults.shift();
  if (fault?.status) {
    tell("refused", told);
    return answer({ command_status: fault.status });
  }
  if (fault?.kind === "cut_before") {
    tell("lost", told);
    return session.destroy();
  }
  const id = `m${++last}`;
  tell("submitted", { id, ...told });
  if (fault?.kind === "cut_after") return session.destroy();
  if (fault?.kind === "silent") return undefined;
  if (fault?.kind === "receipt_first") {
    deliver(receipt(id, "DELIVRD"));
    return setTimeout(() => answer({ message_id: id }), fault.seconds * 1000);
  }
  if (fault?.kind === "slow") {
    return setTimeout(() => answer({ message_id: id }), fault.seconds * 1000);
  }
  return answer({ message_id: id });
}

const server = smpp.createServer({}, (session) => {
  const bind = (role) => (pdu) => {
    const status = pdu.password === password ? 0 : smpp.ESME_RINVPASWD;
    session.send(pdu.response({ command_status: status, system_id: "centre" }));
    if (status) return tell("turned_away");
    session.role = role;
    sessions.add(session);
    return tell("bound", { role, system_id: pdu.system_id });
  };
  session.on("bind_transmitter", bind("transmitter"));
  session.on("bind_receiver", bind("receiver"));
  session.on("bind_transceiver", bind("transceiver"));
  session.on("submit_sm", (pdu) => submitted(session, pdu));
  session.on("enquire_link", (pdu) => (tell("asked"), session.send(pdu.response())));
  session.on("unbind", (pdu) => (tell("left", { role: session.role }), session.send(pdu.response()), session.close()));
  session.on("close", () => sessions.delete(session));
  session.on("error", () => sessions.delete(session));
});

const orders = {
  fault: ({ order, ...fault }) => faults.push(fault),
  deliver: ({ order, header, ...fields }) => {
    if (header) fields.short_message = { udh: Buffer.from(header, "hex"), message: fields.short_message };
    deliver(fields);
  },
  receipt: ({ id, stat, ...more }) => deliver(receipt(id, stat, more)),
  nothing: () => undefined,
  drop: () => sessions.forEach((session) => session.destroy()),
  ask: () => sessions.forEach((session) => session.enquire_link({}, () => tell("alive", { role: session.role }))),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    const { number, ...rest } = order;
    orders[order.order](rest);
    tell("done", { number });
  })
  .on("close", () => process.exit());

server.listen(Number(process.argv[3] ?? 0), "127.0.0.1", () => tell("listening", { port: server.address().port }));
