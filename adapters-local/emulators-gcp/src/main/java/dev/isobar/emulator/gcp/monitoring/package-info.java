/**
 * Cloud Monitoring's metrics on this machine: descriptors and time series by the service's own rules, kept in a folder. Alerting, services and uptime checks are not
 * part of it.
 */
@NullMarked
package dev.isobar.emulator.gcp.monitoring;

import org.jspecify.annotations.NullMarked;
