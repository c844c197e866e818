// The rows of layers ws.handshake and ws.frame of the hostile-input catalogue: what was sent (in its notation), and the
// log that server_link (handshake rows) or ws_link (frame rows) must leave however the input is cut. The line above each
// row is what the catalogue wants of a whole server. Row ws-frame-028, a flood, is in stream_test.cpp.
#pragma once

namespace wire_test {

struct hostile_row {
  const char* id;
  const char* input;
  const char* log;
};

// clang-format off
inline constexpr hostile_row ws_rows[] = {
    // http:405|400 close
    {"ws-handshake-002",
     R"h(POST /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aContent-Length: 0\x0d\x0a\x0d\x0a)h",
     "! malformed WebSocket upgrade request 400\n"},
    // http:400 close
    {"ws-handshake-004",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a)h",
     "! malformed Sec-WebSocket-Key 400\n"},
    // http:400 close
    {"ws-handshake-005",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub24=\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a)h",
     "! malformed Sec-WebSocket-Key 400\n"},
    // http:400 close
    {"ws-handshake-006",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a)h",
     "! malformed Sec-WebSocket-Key 400\n"},
    // http:400 close
    {"ws-handshake-007",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a)h",
     "! malformed Sec-WebSocket-Key 400\n"},
    // http:400 close
    {"ws-handshake-008",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0a\x0d\x0a)h",
     "! a header that must stand alone is repeated 400\n"},
    // http:426|400 close
    {"ws-handshake-010",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 8\x0d\x0a\x0d\x0a)h",
     "! unsupported WebSocket version 426\n"},
    // http:400 JSON code 3 or 426; never 101
    {"ws-handshake-014",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aConnection: close\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a)h",
     "not an upgrade\n"},
    // http:400 close; linear time
    {"ws-handshake-022",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Protocol: b\{12000| \}x\x0d\x0a\x0d\x0a)h",
     "! malformed WebSocket upgrade request 400\n"},
    // http:400 close
    {"ws-handshake-023",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Protocol: \xff\xfe\x0d\x0a\x0d\x0a)h",
     "! malformed WebSocket upgrade request 400\n"},
    // http:400 close
    {"ws-handshake-024",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Protocol: a, a\x0d\x0a\x0d\x0a)h",
     "! malformed WebSocket upgrade request 400\n"},
    // http:400|101 without extension; linear time
    {"ws-handshake-026",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Extensions: a; b="\{3000|\\c\}\x0d\x0a\x0d\x0a)h",
     "101\n"},
    // http:101 (decline) or 400; no exception later
    {"ws-handshake-027",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7\x0d\x0a\x0d\x0a)h",
     "101\n"},
    // http:101; if 8 is negotiated the encoder must really use <=256-byte window (zlib uses 512)
    {"ws-handshake-029",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\x0d\x0a\x0d\x0a)h",
     "101\n"},
    // http:101 (decline) or 400
    {"ws-handshake-031",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_no_context_takeover\x0d\x0a\x0d\x0a)h",
     "101\n"},
    // 101 then the already-buffered frame is parsed after the handshake
    {"ws-handshake-033",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0a\x81\x82\x00\x00\x00\x0040)h",
     "101\ntext 40\n"},
    // 101; pipelined HTTP request after upgrade is treated as WebSocket bytes -> close 1002
    {"ws-handshake-034",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0a\x0d\x0aGET / HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "101\n! reserved bits set 1002\n"},
    // http:400 (body on upgrade) or drain; body bytes never parsed as frames
    {"ws-handshake-035",
     R"h(GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\x0d\x0aHost: a\x0d\x0aUpgrade: websocket\x0d\x0aConnection: Upgrade\x0d\x0aSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\x0d\x0aSec-WebSocket-Version: 13\x0d\x0aContent-Length: 4\x0d\x0a\x0d\x0a\x81\x00AA)h",
     "! malformed WebSocket upgrade request 400\n"},
    // event delivered
    {"ws-frame-002",
     R"h(\x81\x87\x00\x00\x00\x0042["a"])h",
     "text 42[\"a\"]\n"},
    // ws:1002 close; the payload is never delivered to the application
    {"ws-frame-003",
     R"h(\x81\x0742["a"])h",
     "! client frame without mask 1002\n"},
    // ws:1002 close; the payload is never delivered to the application
    {"ws-frame-005",
     R"h(\xa1\x87\x00\x00\x00\x0042["a"])h",
     "! reserved bits set 1002\n"},
    // ws:1002 close; the payload is never delivered to the application
    {"ws-frame-006",
     R"h(\xc1\x87\x00\x00\x00\x0042["a"])h",
     "! reserved bits set 1002\n"},
    // ws:1002 close; the payload is never delivered to the application
    {"ws-frame-010",
     R"h(\xf1\x87\x00\x00\x00\x0042["a"])h",
     "! reserved bits set 1002\n"},
    // ws:1002 close
    {"ws-frame-013",
     R"h(\x85\x81\x00\x00\x00\x00x)h",
     "! unknown opcode 1002\n"},
    // ws:1002 close
    {"ws-frame-014",
     R"h(\x86\x81\x00\x00\x00\x00x)h",
     "! unknown opcode 1002\n"},
    // ws:1002 close
    {"ws-frame-017",
     R"h(\x8c\x81\x00\x00\x00\x00x)h",
     "! unknown opcode 1002\n"},
    // ws:1002 close
    {"ws-frame-019",
     R"h(\x8e\x81\x00\x00\x00\x00x)h",
     "! unknown opcode 1002\n"},
    // ws:1002 close
    {"ws-frame-020",
     R"h(\x8f\x81\x00\x00\x00\x00x)h",
     "! unknown opcode 1002\n"},
    // ws:1002 close
    {"ws-frame-021",
     R"h(\x09\x81\x00\x00\x00\x00a)h",
     "! fragmented control frame 1002\n"},
    // ws:1002 close
    {"ws-frame-023",
     R"h(\x08\x82\x00\x00\x00\x00\x03\xe8)h",
     "! fragmented control frame 1002\n"},
    // ws:1002 close
    {"ws-frame-024",
     R"h(\x89\xfe\x00~\x00\x00\x00\x00\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe)h",
     "! control frame longer than 125 bytes 1002\n"},
    // pong with the same 125 bytes
    {"ws-frame-026",
     R"h(\x89\xfd\x00\x00\x00\x00\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe)h",
     "ping \\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe\\xfe... 125\n"},
    // nothing
    {"ws-frame-027",
     R"h(\x8a\x82\x00\x00\x00\x00hi)h",
     "pong hi\n"},
    // ws:1002 close
    {"ws-frame-030",
     R"h(\x00\x81\x00\x00\x00\x00x)h",
     "! continuation without a start 1002\n"},
    // ws:1002 close
    {"ws-frame-032",
     R"h(\x01\x83\x00\x00\x00\x0042[\x82\x81\x00\x00\x00\x00x)h",
     "! new message inside a fragmented one 1002\n"},
    // pong then event
    {"ws-frame-033",
     R"h(\x01\x83\x00\x00\x00\x0042[\x89\x81\x00\x00\x00\x00p\x80\x84\x00\x00\x00\x00"a"])h",
     "ping p\ntext 42[\"a\"]\n"},
    // event
    {"ws-frame-034",
     R"h(\x01\x80\x00\x00\x00\x00\x00\x87\x00\x00\x00\x0042["a"]\x80\x80\x00\x00\x00\x00)h",
     "text 42[\"a\"]\n"},
    // event; identical for every split
    {"ws-frame-035",
     R"h(\x81\x877\xfa!=\x03\xc8z\x1fV\xd8|)h",
     "text 42[\"a\"]\n"},
    // ws:1009|1008 close at the fragment limit (<= 1024)
    {"ws-frame-036",
     R"h(\x01\x81\x00\x00\x00\x004\{20000|\x00\x81\x00\x00\x00\x00x\})h",
     "! too many fragments in one message 1008\n"},
    // ws:1009 close before any payload byte is read
    {"ws-frame-038",
     R"h(\x81\xff\x00\x00\x00\x00\x00\x1e\x84\x80\x00\x00\x00\x00)h",
     "! message too big 1009\n"},
    // ws:1002 close
    {"ws-frame-040",
     R"h(\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00)h",
     "! length with its top bit set 1002\n"},
    // ws:1002 close (ref accepts)
    {"ws-frame-043",
     R"h(\x81\xfe\x00\x07\x00\x00\x00\x0042["a"])h",
     "! length not in its shortest form 1002\n"},
    // ws:1002 close (ref accepts)
    {"ws-frame-044",
     R"h(\x81\xff\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x0042["a"])h",
     "! length not in its shortest form 1002\n"},
    // ws:1000 echo then close
    {"ws-frame-045",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xe8)h",
     "closing 1000 \n"},
    // ws:1000|1005 close
    {"ws-frame-046",
     R"h(\x88\x80\x00\x00\x00\x00)h",
     "closing 1005 \n"},
    // ws:1002 close
    {"ws-frame-047",
     R"h(\x88\x81\x00\x00\x00\x00\x03)h",
     "! malformed close payload 1002\n"},
    // ws:1002 close
    {"ws-frame-048",
     R"h(\x88\x82\x00\x00\x00\x00\x00\x00)h",
     "! close code that must not be sent 1002\n"},
    // ws:1002 close
    {"ws-frame-050",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xec)h",
     "! close code that must not be sent 1002\n"},
    // ws:1002 close
    {"ws-frame-053",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xf7)h",
     "! close code that must not be sent 1002\n"},
    // ws:1002 close
    {"ws-frame-056",
     R"h(\x88\x82\x00\x00\x00\x00\x07\xd0)h",
     "! close code that must not be sent 1002\n"},
    // ws:1002 or echo, then close
    {"ws-frame-058",
     R"h(\x88\x82\x00\x00\x00\x00\x13\x88)h",
     "! close code that must not be sent 1002\n"},
    // ws:1002 or echo, then close
    {"ws-frame-059",
     R"h(\x88\x82\x00\x00\x00\x00\xff\xff)h",
     "! close code that must not be sent 1002\n"},
    // ws:1001 or 1000 echo, close
    {"ws-frame-060",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xe9)h",
     "closing 1001 \n"},
    // ws:1003 or 1000 echo, close
    {"ws-frame-061",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xeb)h",
     "closing 1003 \n"},
    // ws:1007 or 1000 echo, close
    {"ws-frame-062",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xef)h",
     "closing 1007 \n"},
    // ws:1012 or 1000 echo, close
    {"ws-frame-064",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xf4)h",
     "closing 1012 \n"},
    // ws:1013 or 1000 echo, close
    {"ws-frame-065",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xf5)h",
     "closing 1013 \n"},
    // ws:1014 or 1000 echo, close
    {"ws-frame-066",
     R"h(\x88\x82\x00\x00\x00\x00\x03\xf6)h",
     "closing 1014 \n"},
    // ws:3000 or 1000 echo, close
    {"ws-frame-067",
     R"h(\x88\x82\x00\x00\x00\x00\x0b\xb8)h",
     "closing 3000 \n"},
    // ws:4999 or 1000 echo, close
    {"ws-frame-068",
     R"h(\x88\x82\x00\x00\x00\x00\x13\x87)h",
     "closing 4999 \n"},
    // ws:1007 close
    {"ws-frame-069",
     R"h(\x88\x87\x00\x00\x00\x00\x03\xe8\xce\xba\xed\xa0\x80)h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-071",
     R"h(\x81\x87\x00\x00\x00\x0042["\x80"])h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-073",
     R"h(\x81\x88\x00\x00\x00\x0042["\xc1\xbf"])h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-074",
     R"h(\x81\x89\x00\x00\x00\x0042["\xe0\x80\xaf"])h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-077",
     R"h(\x81\x8c\x00\x00\x00\x0042["\xed\xa0\x80\xed\xb0\x80"])h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-079",
     R"h(\x81\x8b\x00\x00\x00\x0042["\xf8\x88\x80\x80\x80"])h",
     "! text message is not UTF-8 1007\n"},
    // ws:1007 close
    {"ws-frame-080",
     R"h(\x81\x87\x00\x00\x00\x0042["\xfe"])h",
     "! text message is not UTF-8 1007\n"},
    // event
    {"ws-frame-083",
     R"h(\x01\x86\x00\x00\x00\x0042["\xe2\x82\x80\x83\x00\x00\x00\x00\xac"])h",
     "text 42[\"\\xe2\\x82\\xac\"]\n"},
    // accepted as opaque binary, then session closed (binary without attachment header)
    {"ws-frame-085",
     R"h(\x82\x82\x00\x00\x00\x00\xff\xfe)h",
     "binary \\xff\\xfe\n"},
    // engine close "parse error"
    {"ws-frame-086",
     R"h(\x81\x80\x00\x00\x00\x00)h",
     "text \n"},
};
// clang-format on

}  // namespace wire_test
