import {expect, it} from 'vitest';
import {makeJob} from '../../test/support/make-job.ts';
import {wellKnownForges} from '../domain/forge.ts';
import type {Job} from '../domain/job.ts';
import {deliveryTarget, targetText} from './delivery-target.ts';

const url = 'https://x-token:secret@github.com/acme/api.git';
const told = (kind: Job['deliver'], fields: Partial<Job>): string =>
  targetText(deliveryTarget(makeJob(1, 'api', fields), kind, wellKnownForges));

it('says where a change goes, and never a password', () => {
  const path = '/home/me/api';
  expect(told('files', {path, url})).toBe('files in /home/me/api');
  expect(told('branch', {path, url})).toBe('branch orchestrator/journal in /home/me/api');
  expect(told('branch', {path, url, push: true})).toBe(
    'branch orchestrator/journal in /home/me/api, pushed to https://github.com/acme/api.git',
  );
  expect(told('branch', {path, push: true})).toBe('branch orchestrator/journal in /home/me/api, pushed to its origin');
  expect(told('branch', {url})).toBe('branch orchestrator/journal in https://github.com/acme/api.git');
  expect(told('pull-request', {path, url})).toBe('pull request on github.com/acme/api from orchestrator/journal');
  expect(told('pull-request', {path})).toBe(
    'pull request on /home/me/api (no forge is known) from orchestrator/journal',
  );
});
