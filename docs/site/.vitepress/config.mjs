import { withMermaid } from 'vitepress-plugin-mermaid'

const page = (text, name) => ({ text, link: `/${name}` })
const group = (text, ...items) => ({ text, collapsed: false, items })

/** As GitHub names the headings, so that a link to one works in both places. */
const slugify = heading =>
  heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')

/** The site is made of the pages in docs; this is the order in which a reader may take them. */
export default withMermaid({
  title: 'resilience',
  description: 'Deadlines, cancellation and values for every call, and policies that respect them.',
  srcDir: './target/pages', // a copy that build makes, beside node_modules
  outDir: './target/site',
  cacheDir: './node_modules/.cache/vitepress',
  cleanUrls: false,
  vite: { publicDir: false },
  markdown: { anchor: { slugify } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Getting started', 'getting-started'),
      page('Concepts', 'concepts'),
      page('Recipes', 'recipes'),
      page('Migration', 'migration'),
      page('Troubleshooting', 'troubleshooting'),
    ],
    sidebar: [
      group('Start here', page('Getting started', 'getting-started'), page('Concepts', 'concepts'),
        page('Recipes', 'recipes'), page('Examples', 'repository/examples/README'), page('All examples, run', 'examples'),
        page('Rules and pitfalls', 'rules'), page('Anti-patterns', 'anti-patterns'),
        page('Troubleshooting', 'troubleshooting')),
      group('Coming from', page('Migration', 'migration'), page('Failsafe, side by side', 'failsafe')),
      group('The context', page('The tree', 'context'), page('Errors and reports', 'errors-and-reports'),
        page('The live tree and leaks', 'diagnostics'), page('Tests on virtual time', 'testing')),
      group('Policies', page('Presets', 'presets'), page('Composition', 'composition'), page('Overload', 'overload'),
        page('Retry', 'retry'), page('Circuit breaker', 'breaker'), page('Fixed time-out', 'fixed-timeout'),
        page('Adaptive time-out', 'adaptive-timeout'), page('Service time-outs', 'service-timeouts'),
        page('More time', 'more-time'), page('Time budget', 'time-budget'), page('Fallbacks', 'fallbacks'),
        page('Rate limit', 'rate-limit'), page('Concurrency limit', 'concurrency-limit'), page('Hedge', 'hedge'),
        page('First success', 'first-success'), page('Fault injection', 'chaos')),
      group('Concurrency', page('Task group', 'task-group'), page('Worker pool', 'worker-pool'),
        page('Pipeline', 'pipeline'), page('Resource pool', 'resource-pool'), page('Files', 'files'),
        page('Operations, cleanup, conditions', 'operations'), page('Graceful shutdown', 'shutdown')),
      group('On the wire', page('HTTP client', 'http-client'), page('OkHttp', 'okhttp'), page('HTTP server', 'http-server'),
        page('gRPC', 'grpc'), page('Propagation', 'propagation')),
      group('Inside a service', page('Cache', 'cache'), page('Discovery', 'discovery'), page('JDBC', 'jdbc'),
        page('Configuration', 'configuration')),
      group('Seen', page('Live page', 'page'), page('Logging', 'logging'), page('Metrics', 'metrics'),
        page('Tracing', 'tracing'), page('JFR', 'jfr')),
      group('About', page('Modules and packages', 'architecture'), page('Design decisions', 'design-decisions'),
        page('What it costs', 'performance'), page('Mutation tests', 'mutation-tests')),
    ],
  },
})
