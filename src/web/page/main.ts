import {h, render} from 'preact';
import {App} from './app.ts';
import {createClient, keepToken, takeToken} from './client.ts';
import {Live} from './live.ts';
import {askForToken, offerToken} from './share-token.ts';

const element = document.getElementById('page')!;

function start(token: string): void {
  let stopOffering = (): void => {};
  const client = createClient(token, {
    accepted: () => {
      stopOffering = offerToken(token);
    },
    refused: () => {
      stopOffering();
      // The server was started anew: a tab that was opened with its new address has what this one needs.
      askForToken(takeAnother, () => {});
    },
  });
  const live = new Live(client);
  if (client.hasToken) live.start();
  render(h(App, {client, live}), element);
}

function takeAnother(token: string): boolean {
  if (!keepToken(token)) return false;
  location.reload();
  return true;
}

function takeFirst(token: string): boolean {
  keepToken(token);
  render(null, element);
  start(token);
  return true;
}

const own = takeToken();
if (own !== '') start(own);
else askForToken(takeFirst, () => start(''));
