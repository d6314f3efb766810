import {expect, it} from 'vitest';
import {traceSettings} from './trace-settings.ts';

const at = {OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318/'};

it.each<[Record<string, string>, object]>([
  [{}, {serviceName: 'orchestrator'}],
  [at, {serviceName: 'orchestrator', url: 'http://localhost:4318/v1/traces'}],
  [
    {...at, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://x/custom'},
    {serviceName: 'orchestrator', url: 'https://x/custom'},
  ],
  [{...at, OTEL_SDK_DISABLED: 'TRUE'}, {serviceName: 'orchestrator'}],
  [{...at, OTEL_TRACES_EXPORTER: 'none'}, {serviceName: 'orchestrator'}],
  [
    {...at, OTEL_TRACES_EXPORTER: 'console, otlp'},
    {serviceName: 'orchestrator', url: 'http://localhost:4318/v1/traces'},
  ],
  [
    {...at, OTEL_TRACES_EXPORTER: 'zipkin'},
    {serviceName: 'orchestrator', fault: expect.stringContaining('OTEL_TRACES_EXPORTER')},
  ],
  [
    {...at, OTEL_SERVICE_NAME: 'nights'},
    {serviceName: 'nights', url: expect.any(String)},
  ],
  [
    {...at, OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.name=nights'},
    {serviceName: 'nights', url: expect.any(String)},
  ],
])('reads of %j that it is %j', (env, expected) => {
  expect(traceSettings(env)).toEqual(expected);
});

it.each(['collector:4318', 'notaurl', '$X', 'ftp://user:secret@x', 'http://'])(
  'says that %s is no address, and not what it is',
  endpoint => {
    const {url, fault} = traceSettings({OTEL_EXPORTER_OTLP_ENDPOINT: endpoint});
    expect(url).toBeUndefined();
    expect(fault).toBe('no spans are sent: OTEL_EXPORTER_OTLP_ENDPOINT is no address such as "http://localhost:4318"');
  },
);
