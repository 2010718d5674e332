/** Metrics on Cloud Monitoring: gauges as custom metrics below one name. Nothing of another service and no configuration may come in here. */
@NullMarked
package dev.isobar.gcp.monitoring;

import org.jspecify.annotations.NullMarked;
