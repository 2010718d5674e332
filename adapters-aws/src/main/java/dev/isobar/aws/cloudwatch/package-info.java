/**
 * Metrics on CloudWatch: gauges as custom metrics of one namespace. Nothing of another service and no configuration may come in here.
 */
@NullMarked
package dev.isobar.aws.cloudwatch;

import org.jspecify.annotations.NullMarked;
