/** http, https, http_proxy. */
import {
  type Case,
  type Cases,
  gone,
  onlyOriginal,
  onlyOurs,
  type Script,
  silent,
} from "./target.ts";

const page = (status: string, body: string, headers = ""): { readonly last: string } => ({
  last: `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${headers}Connection: close\r\n\r\n${body}`,
});

/** Its pages, by path. */
const web: Script = {
  kind: "once",
  end: "\r\n\r\n",
  answers: [
    ["^(GET|HEAD) /index.html ", page("200 OK", "all is well")],
    ["^HEAD /", page("200 OK", "")],
    ["^GET /own ", page("200 OK", "my own page")],
    ["^GET /moved ", page("302 Found", "", "Location: /index.html\r\n")],
    ["^GET /round ", page("302 Found", "", "Location: /round\r\n")],
    ["^GET /empty ", { last: "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n" }],
    [
      "^GET /chunked ",
      {
        last: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nall is w\r\n3\r\nell\r\n0\r\n\r\n",
      },
    ],
    ["^GET /old ", { last: "HTTP/1.0 200 OK\r\n\r\nall is well" }],
    [
      "^GET /login ",
      page("401 Unauthorized", "who are you?", "WWW-Authenticate: Basic realm=lab\r\n"),
    ],
    ["^GET /error ", page("500 Internal Server Error", "all is well")],
    ["^GET /busy ", page("503 Service Unavailable", "all is well")],
    ["^GET /other ", { last: "SSH-2.0-lab\r\n" }],
    ["", page("404 Not Found", "all is well")],
  ],
};
const well = 'receive="all is well"';
const asks = (path: string, ...more: readonly string[]): readonly string[] => [
  `request="${path}"`,
  well,
  ...more,
];

const common: readonly Case[] = [
  { name: "200 with the text", server: web, lines: asks("index.html"), verdict: "up" },
  { name: "200 without the text", server: web, lines: ['request="own"', well], verdict: "down" },
  { name: "refused login (401)", server: web, lines: asks("login"), verdict: "down" },
  { name: "silent", server: silent, lines: asks("index.html"), verdict: "down" },
  { name: "gone", server: gone, lines: asks("index.html"), verdict: "down" },
];

const httpCases: readonly Case[] = [
  ...common,
  { name: "200, no receive set", server: web, lines: ['request="own"'], verdict: "up" },
  { name: "204, no receive set", server: web, lines: ['request="empty"'], verdict: "up" },
  { name: "a chunked reply", server: web, lines: asks("chunked"), verdict: "up" },
  { name: "an HTTP/1.0 reply", server: web, lines: asks("old"), verdict: "up" },
  { name: "a redirect to the page", server: web, lines: asks("moved"), verdict: "up" },
  { name: "a redirect that goes round", server: web, lines: asks("round"), verdict: "down" },
  { name: "HEAD", server: web, lines: ['request="index.html"', "httpmethod=HEAD"], verdict: "up" },
  {
    name: "HEAD with receive set",
    server: web,
    lines: asks("empty", "httpmethod=HEAD"),
    verdict: "down",
  },
  { name: "404", server: web, lines: asks("nothing"), verdict: "down" },
  { name: "500", server: web, lines: asks("error"), verdict: "down" },
  { name: "503", server: web, lines: asks("busy"), verdict: "down" },
  {
    name: "the real server's own request and text",
    server: web,
    lines: asks("nothing"),
    own: '"own", "my own"',
    verdict: "up",
  },
  {
    name: "the real server's own request and text, with a slash first",
    server: web,
    lines: asks("nothing"),
    own: '"/own", "my own"',
    verdict: onlyOurs("the original forgets both when the request begins with a slash", "K6"),
  },
  {
    name: "200 with the text, over IPv6",
    server: web,
    family: 6,
    lines: asks("index.html"),
    verdict: "up",
  },
];

const httpsCases: readonly Case[] = [
  ...common.map(
    (it): Case => ({ ...it, ...(it.server === web ? { tls: { certificate: "good" } } : {}) }),
  ),
  {
    name: "certificate for another name",
    server: web,
    lines: asks("index.html"),
    tls: { certificate: "otherName" },
    verdict: "up",
  },
  {
    name: "expired certificate",
    server: web,
    lines: asks("index.html"),
    tls: { certificate: "expired" },
    verdict: "down",
  },
  {
    name: "self-signed certificate",
    server: web,
    lines: asks("index.html"),
    tls: { certificate: "selfSigned" },
    verdict: "down",
  },
  { name: "no TLS on the port", server: web, lines: asks("index.html"), verdict: "down" },
  {
    name: "good certificate only for who asks for virtualhost's name",
    server: web,
    lines: asks("index.html", "virtualhost=www.lab.example"),
    tls: { certificate: "selfSigned", byName: "otherName" },
    verdict: onlyOurs(
      "the original names no host in the handshake (SNI), as browsers all do",
      "K15",
    ),
  },
];

/** Fetches one page, says 502 for another, wants a login for a third. */
const proxy: Script = {
  kind: "once",
  end: "\r\n\r\n",
  answers: [
    ["^GET http://www.lab.example/ ", page("200 OK", "all is well")],
    ["^GET http://down.lab.example/ ", page("502 Bad Gateway", "all is well")],
    [
      "^GET http://login.lab.example/ ",
      page("407 Proxy Authentication Required", "who?", "Proxy-Authenticate: Basic realm=lab\r\n"),
    ],
    ["^CONNECT ", page("503 Service Unavailable", "")],
    ["", page("400 Bad Request", "all is well")],
  ],
};
const proxyCases: readonly Case[] = [
  {
    name: "200 with the text",
    server: proxy,
    lines: asks("http://www.lab.example/"),
    verdict: "up",
  },
  {
    name: "200 without the text",
    server: proxy,
    lines: ['request="http://www.lab.example/"', 'receive="my own"'],
    verdict: "down",
  },
  {
    name: "origin down (502)",
    server: proxy,
    lines: asks("http://down.lab.example/"),
    verdict: "down",
  },
  {
    name: "refused login (407)",
    server: proxy,
    lines: asks("http://login.lab.example/"),
    verdict: "down",
  },
  { name: "silent", server: silent, lines: asks("http://www.lab.example/"), verdict: "down" },
  { name: "gone", server: gone, lines: asks("http://www.lab.example/"), verdict: "down" },
  {
    name: "an https URL whose origin is alive, the proxy cannot reach it",
    server: proxy,
    beside: { port: 8443, server: web, tls: { certificate: "good" } },
    lines: asks("https://REAL:8443/index.html"),
    verdict: onlyOriginal(
      "the original asks the origin, not the proxy, when the URL is https",
      "4.4",
    ),
  },
];

export const webCases: Cases = { http: httpCases, https: httpsCases, http_proxy: proxyCases };
