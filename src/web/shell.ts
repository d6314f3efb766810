import {createHash} from 'node:crypto';
import type {Assets} from './assets.ts';

/** What every answer carries: nothing from elsewhere is loaded, nobody frames us, no address of ours is told. */
export function securityHeaders(): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'self' 'sha256-${createHash('sha256').update(importMap).digest('base64')}'`,
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), clipboard-read=()',
    'cache-control': 'no-store',
  };
}

// The modules are served as they are, so the names of the libraries in them need an address.
const importMap = JSON.stringify({
  imports: {preact: '/assets/preact.js', 'preact/hooks': '/assets/preact-hooks.js'},
});

/**
 * The one document of the page; what is in it is made in the browser. All modules are named in it, so that they are asked for together
 * and not one after the other as each is found to need the next.
 */
export function renderShell({main, modules}: Pick<Assets, 'main' | 'modules'>): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>orchestrator</title>
<link rel="icon" href="data:image/svg+xml,${icon}">
<link rel="stylesheet" href="/assets/look.css">
<link rel="stylesheet" href="/assets/page.css">
<script type="importmap">${importMap}</script>
${modules.map(address => `<link rel="modulepreload" href="${address}">`).join('')}
<script type="module" src="${main}"></script>
</head>
<body><div id="page"></div><noscript>This page needs JavaScript; the same is shown by: orchestrator status, orchestrator review, orchestrator report --html</noscript></body>
</html>
`;
}

const icon = encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#0b6b62"/><path d="M4.5 8.2l2.3 2.4 4.7-5" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>',
);
