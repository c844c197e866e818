// The micro-benchmarks with npm socket.io-parser and engine.io-parser: node parser.mjs PAYLOADS.json [SECONDS]
// Prints nanoseconds by name. PAYLOADS.json is what bench/payloads.cpp prints.
import { readFileSync } from "node:fs";
import { Decoder, Encoder, PacketType } from "socket.io-parser";
import { decodePayload } from "engine.io-parser";

const text = JSON.parse(readFileSync(process.argv[2], "utf8"));
const seconds = Number(process.argv[3] ?? 0.5);
const decoder = new Decoder(), encoder = new Encoder();
let decoded;
decoder.on("decoded", (packet) => (decoded = packet));
const read = (packet) => {
  decoder.add(packet);
  return decoded.data;
};
const attachment = Buffer.from(text.attachment);

/** Nanoseconds of one call, after the compiler had its time. */
function time(f) {
  const run = (length) => {
    let n = 0;
    const begin = process.cpuUsage(), wall = performance.now();
    while (performance.now() - wall < length * 1000) for (let i = 0; i < 50; i++, n++) f();
    const { user, system } = process.cpuUsage(begin);
    return ((user + system) * 1000) / n;
  };
  run(seconds);
  return run(seconds);
}
const event = (packet) => ({ type: PacketType.EVENT, nsp: "/", data: read(packet) });
const encode = (packet) => () => encoder.encode({ ...packet });
const small = event(text.small), k1 = event(text["1k"]), k100 = event(text["100k"]);
const ack = { type: PacketType.ACK, nsp: "/", id: 17, data: ["ok", 42] };
const file = { type: PacketType.EVENT, nsp: "/", data: ["file", attachment] };

console.log(JSON.stringify({
  decode_small: time(() => read(text.small)),
  decode_1k: time(() => read(text["1k"])),
  decode_100k: time(() => read(text["100k"])),
  decode_any_order: time(() => read(text.any_order)),
  decode_ack: time(() => read(text.ack)),
  decode_binary: time(() => { decoder.add(text.binary); decoder.add(attachment); }),
  decode_payload: time(() => decodePayload(text.payload, "nodebuffer").forEach((packet) => read(packet.data))),
  encode_small: time(encode(small)),
  encode_1k: time(encode(k1)),
  encode_100k: time(encode(k100)),
  encode_ack: time(encode(ack)),
  encode_binary: time(encode(file)),
}));
