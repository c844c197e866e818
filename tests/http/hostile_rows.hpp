// The rows of layers http.* of the hostile-input catalogue: what was sent (in its notation), and the log that http_link
// must leave however the input is cut. The line above each row is what the catalogue wants of a whole server.
#pragma once

namespace wire_test {

struct hostile_row {
  const char* id;
  const char* input;
  const char* log;
};

// clang-format off
inline constexpr hostile_row http_rows[] = {
    // http:400 close
    {"http-request_line-002",
     R"h(get /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed method 400\n"},
    // http:400 close
    {"http-request_line-003",
     R"h(GET  /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:400 close
    {"http-request_line-004",
     R"h(GET\x09/socket.io/?EIO=4&transport=polling\x09HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed method 400\n"},
    // http:400 close
    {"http-request_line-005",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0aHost: a\x0a\x0a)h",
     "! malformed request line 400\n"},
    // http:400 close
    {"http-request_line-006",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0dHost: a\x0d\x0d)h",
     "! malformed request line 400\n"},
    // http:400 close
    {"http-request_line-008",
     R"h(GET HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:505|400 close
    {"http-request_line-010",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.2\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! unsupported HTTP version 505\n"},
    // http:400 close
    {"http-request_line-011",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.32\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request line 400\n"},
    // http:505|400 close
    {"http-request_line-012",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/2.0\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! unsupported HTTP version 505\n"},
    // http:400 close
    {"http-request_line-015",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/01.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request line 400\n"},
    // http:400 close
    {"http-request_line-016",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request line 400\n"},
    // http:200 or 400, never a second response
    {"http-request_line-017",
     R"h(\x0d\x0aGET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling\n"},
    // http:400 close after <= 16 KiB consumed
    {"http-request_line-018",
     R"h(\{20000|\x0d\x0a\})h",
     "! malformed method 400\n"},
    // http:400 close
    {"http-request_line-019",
     R"h( GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed method 400\n"},
    // http:400 close or use target authority; never mix
    {"http-request_line-021",
     R"h(GET http://evil/socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! missing, repeated or malformed Host 400\n"},
    // http:405|400 close
    {"http-request_line-022",
     R"h(CONNECT a:443 HTTP/1.1\x0d\x0aHost: a:443\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:204|405|404 (not 5xx, not crash)
    {"http-request_line-023",
     R"h(OPTIONS * HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "OPTIONS *\n"},
    // http:400 close
    {"http-request_line-024",
     R"h(GET * HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:400 close
    {"http-request_line-025",
     R"h(GET /socket.io/?EIO=4&transport=polling#x HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:400 close
    {"http-request_line-026",
     R"h(GET /socket.io/?EIO=4&transport=polling&a=\xff\xfe HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed request target 400\n"},
    // http:414 close
    {"http-request_line-028",
     R"h(GET /socket.io/?EIO=4&transport=polling&x=\{70000|a\} HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! request line too long 414\n"},
    // http:400|505 close
    {"http-request_line-031",
     R"h(PRI * HTTP/2.0\x0d\x0a\x0d\x0aSM\x0d\x0a\x0d\x0a\x00\x00\x00\x04\x00\x00\x00\x00\x00)h",
     "! malformed method 400\n"},
    // http:400 JSON code 0 or 200; decoded CRLF never reaches a response header/log line
    {"http-request_line-033",
     R"h(GET /socket.io/?EIO=4&transport=%0d%0aSet-Cookie:x=1 HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=%0d%0aSet-Cookie:x=1\n"},
    // http:404 (engine untouched)
    {"http-request_line-034",
     R"h(GET /socket.io/extra?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/extra?EIO=4&transport=polling\n"},
    // http:404
    {"http-request_line-035",
     R"h(GET /x/../socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "GET /x/../socket.io/?EIO=4&transport=polling\n"},
    // http:400 JSON or 404; no exception
    {"http-request_line-037",
     R"h(GET //:99999?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "GET //:99999?EIO=4&transport=polling\n"},
    // http:400 close
    {"http-request_line-039",
     R"h(G=":<>(e),[T];?" /get HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "! malformed method 400\n"},
    // http:400 close
    {"http-headers-001",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0a\x0d\x0a)h",
     "! missing, repeated or malformed Host 400\n"},
    // http:400 close
    {"http-headers-002",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aHost: b\x0d\x0a\x0d\x0a)h",
     "! missing, repeated or malformed Host 400\n"},
    // http:400 close
    {"http-headers-006",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a/b\x0d\x0a\x0d\x0a)h",
     "! missing, repeated or malformed Host 400\n"},
    // http:200
    {"http-headers-007",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.0\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling close 1.0\n"},
    // http:400 close
    {"http-headers-008",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length : 5\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-013",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length 10\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-015",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aX: a\x00b\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-016",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aX: a\x0db\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-017",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aFoo: 1\x0dBar: 2\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-018",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0ax:x\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a1\x0d\x0aA\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-020",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0ax:\x0dTransfer-Encoding: chunked\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-021",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aX: a\x01b\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-024",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\xefoo: bar\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-025",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length\x85: 10\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-026",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: \xa0chunked\xa0\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:400 close
    {"http-headers-027",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: \x0cchunked\x0d\x0aContent-Length: 5\x0d\x0a\x0d\x0ahello)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-028",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: \x0bchunked\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:400 close
    {"http-headers-029",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-\x0d\x0aEncoding: chunked\x0d\x0a\x0d\x0a)h",
     "! malformed header line 400\n"},
    // http:200 with CL ignored as ordinary header
    {"http-headers-030",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent_Length: 99\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling\n"},
    // http:431 close
    {"http-headers-034",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aX: \{20000|a\}\x0d\x0a\x0d\x0a)h",
     "! header section too large 431\n"},
    // http:400 close
    {"http-headers-038",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 1, 1\x0d\x0a\x0d\x0a6)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 close
    {"http-headers-039",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: \x0d\x0a\x0d\x0a)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-040",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: +5\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-042",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 0x10\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-043",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 1_0\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-044",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 5 5\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-045",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 1Z\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-046",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 5.0\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-048",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: -0\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-049",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: \xb2\x0d\x0a\x0d\x0a0123456789)h",
     "! malformed or repeated Content-Length 400\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-051",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 9223372036854775808\x0d\x0a\x0d\x0a0123456789)h",
     "POST /socket.io/?EIO=4&transport=polling\n! body too large 413\n"},
    // http:400 (413 for a well-formed huge value) close
    {"http-headers-052",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 99999999999999999999999999\x0d\x0a\x0d\x0a0123456789)h",
     "POST /socket.io/?EIO=4&transport=polling\n! body too large 413\n"},
    // http:400 code 2 (handshake not GET) with body read as 5 decimal bytes
    {"http-headers-053",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 005\x0d\x0a\x0d\x0a40xxx)h",
     "POST /socket.io/?EIO=4&transport=polling\n= 5 40xxx\n"},
    // http:400 close
    {"http-headers-055",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 5\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:400 close
    {"http-headers-057",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.0\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:501|400 close
    {"http-headers-058",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: identity\x0d\x0a\x0d\x0a1\x0d\x0aZ\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:501|400 close
    {"http-headers-059",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: chunked, identity\x0d\x0a\x0d\x0a1\x0d\x0aZ\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:501|400 close
    {"http-headers-060",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: chunked, chunked\x0d\x0a\x0d\x0a1\x0d\x0aZ\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:501|400 close
    {"http-headers-062",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: xchunked\x0d\x0a\x0d\x0a1\x0d\x0aZ\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:501|400 close
    {"http-headers-067",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: chunked;ext=1\x0d\x0a\x0d\x0a1\x0d\x0aZ\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:400 close
    {"http-headers-071",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: chunked\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "! unsupported or conflicting Transfer-Encoding 400\n"},
    // http:400 code 2 (parsed as chunked)
    {"http-headers-072",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aTransfer-Encoding: cHuNkEd\x0d\x0a\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling\n"},
    // http:417
    {"http-headers-073",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aExpect: 200-ok\x0d\x0a\x0d\x0a)h",
     "! unsupported expectation 417\n"},
    // one final response; next request on the connection parsed from the right offset
    {"http-headers-074",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 5\x0d\x0aExpect: 100-continue\x0d\x0a\x0d\x0ahelloGET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling expect\n= 5 hello\nGET /socket.io/?EIO=4&transport=polling\n"},
    // http:400 or 200 but Connection value not used as a header-removal list for Host/CL
    {"http-headers-075",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aConnection: close, Host, Content-Length\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling close\n"},
    // http:200 and connection closed
    {"http-headers-076",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aConnection: keep-alive, CLOSE\x09\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling close\n"},
    // http:400 close
    {"http-chunked-002",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a0x3\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-003",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a+3\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-007",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3 \x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-008",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x09;a=b\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-009",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-010",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0ag\x0d\x0ax\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-011",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0aFFFFFFFFFFFFFFFF\x0d\x0ax)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-013",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a7FFFFFFFFFFFFFFF\x0d\x0ax)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-014",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a00000000000000000000000000000003\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-015",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-016",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-017",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d\x0a42[0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-019",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d\x0a42[\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-020",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d\x0a42[]]\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-021",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d\x0a42[\x0d\x0a4\x0d\x0a"a"]\x0d\x0a0\x0d\x0aXXGET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed header line 400\n"},
    // http:400 close
    {"http-chunked-022",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3;\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-025",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3;a\x0dX\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-026",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3;a="x\x0d\x0a42[\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed chunk 400\n"},
    // http:400 close
    {"http-chunked-028",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a3\x0d\x0a42[\x0d\x0a0\x0d\x0aContent-Length: 5\x0d\x0afoo\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! malformed header line 400\n"},
    // http:400|413 close; total extension bytes <= 16 KiB
    {"http-chunked-029",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a1;\{100000|a\})h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! chunk-size line too long 400\n"},
    // http:431|400 close
    {"http-chunked-031",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0a0\x0d\x0a\{3000|X-T: aaaaaaaa\x0d\x0a\}\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! too many header lines 431\n"},
    // http:413 close as soon as the running total exceeds maxHttpBufferSize; session kept alive
    {"http-chunked-033",
     R"h(POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Type: text/plain;charset=UTF-8\x0d\x0aTransfer-Encoding: chunked\x0d\x0a\x0d\x0aFFFFF\x0d\x0a\{1048575|a\}\x0d\x0a0\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling&sid=x\n! body too large 413\n"},
    // first request answered; the stray byte is treated as the start of a new (bad) request: 400 close, never glued to the next GET
    {"http-body-002",
     R"h(POST /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 0\x0d\x0a\x0d\x0aXGET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "POST /socket.io/?EIO=4&transport=polling\n! malformed method 400\n"},
    // http:400 code 2 or 200; body consumed or connection closed; never parsed as a request
    {"http-body-003",
     R"h(GET /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0aContent-Length: 29\x0d\x0a\x0d\x0aGET /evil HTTP/1.1\x0d\x0aX: yy\x0d\x0a\x0d\x0a)h",
     "GET /socket.io/?EIO=4&transport=polling\n= 29 GET /evil HTTP/1.1\r\nX: yy\r\n\r\n\n"},
    // http:400 headers (handshake is GET only) without any body bytes
    {"http-body-004",
     R"h(HEAD /socket.io/?EIO=4&transport=polling HTTP/1.1\x0d\x0aHost: a\x0d\x0a\x0d\x0a)h",
     "HEAD /socket.io/?EIO=4&transport=polling\n"},
};
// clang-format on

}  // namespace wire_test
