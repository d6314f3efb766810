import {h, render} from 'preact';
import {App} from './app.ts';
import {createClient, takeToken} from './client.ts';
import {Live} from './live.ts';

const client = createClient(takeToken());
const live = new Live(client);
if (client.hasToken) live.start();
render(h(App, {client, live}), document.getElementById('page')!);
