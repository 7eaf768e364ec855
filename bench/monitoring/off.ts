/**
 * Loaded before the router (`node --import`), it takes out what monitoring does after each call. The product has no
 * such switch: nobody would run without.
 */
import { RecentActivity } from "../../src/admin/console-activity.ts";
import { ProviderHealthTracker } from "../../src/monitoring/health/provider-health.ts";
import { EnhancedMetricsSystem } from "../../src/monitoring/metrics-system.ts";
import { PerformanceMonitor } from "../../src/monitoring/performance-monitor.ts";
import { QualityTracker } from "../../src/monitoring/quality/quality-tracker.ts";
import { CallTracing } from "../../src/monitoring/tracing/call-tracing.ts";

const nothing = (): undefined => undefined;
EnhancedMetricsSystem.prototype.observeCall = nothing;
ProviderHealthTracker.prototype.observe = nothing;
PerformanceMonitor.prototype.observe = nothing;
QualityTracker.prototype.observeAnswer = () => null;
CallTracing.prototype.observe = nothing;
RecentActivity.prototype.observe = nothing;
