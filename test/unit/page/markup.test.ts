import { expect, test } from "vitest";
import { html, linkTo } from "../../../src/page/markup.ts";

test("what is put in stands there as text, in an attribute as well", () => {
  const words = `<script>"'\`&</script>`;
  const { text } = html`<p title="${words}">${words}</p>`;
  const safe = "&lt;script&gt;&quot;&#39;&#96;&amp;&lt;/script&gt;";
  expect(text).toBe(`<p title="${safe}">${safe}</p>`);
});

test("Html stays what it is, lists are their members, and what is not there is nothing", () => {
  const parts = [html`<b>1</b>`, "<", 2];
  expect(html`${parts}${undefined}${false}`.text).toBe("<b>1</b>&lt;2");
});

test("marks that turn the direction of writing, and line ends, are blanks", () => {
  expect(html`${"a\u202eb\nc\u0007d"}`.text).toBe("a b c d");
});

test("a link's words are its own", () => {
  expect(linkTo("explain", { what: "[::1]:80&x", virtual: undefined })).toBe(
    "explain?what=%5B%3A%3A1%5D%3A80%26x",
  );
  expect(linkTo("./", {})).toBe("./");
});
