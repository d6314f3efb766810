import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {openSandbox} from '../../src/sandbox/open-sandbox.ts';

// Prints what became of the attacks, as whatever user this runs.
const opened = await openSandbox(defaultSandboxSettings);
console.log(JSON.stringify(opened.fault ?? opened.probe));
