import type {IncomingMessage} from 'node:http';
import {expect, it} from 'vitest';
import {refuse} from '../guard.ts';
import {encodeValue} from './router.ts';

it('writes any text into an address that the server takes', () => {
  for (const text of ["it's (old)!", 'a*b~c', 'ä ö', '50 % & more', '?/#']) {
    const url = `/fleet?repo=${encodeValue(text)}`;
    const request = {headers: {host: 'here'}, method: 'GET', url} as IncomingMessage;
    expect([text, refuse(request, {host: 'here', token: ''})]).toEqual([text, undefined]);
    expect(new URL(url, 'http://here').searchParams.get('repo')).toBe(text);
  }
});
