/** What metrics on Cloud Monitoring promise while requests fail and parts of them are refused. */
@NullMarked
package dev.isobar.gcp.monitoring;

import org.jspecify.annotations.NullMarked;
