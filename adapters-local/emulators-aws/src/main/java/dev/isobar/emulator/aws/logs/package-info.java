/**
 * CloudWatch Logs: groups, streams and events in files, and the service that reads them out. Who writes into it is no business of this package.
 */
@NullMarked
package dev.isobar.emulator.aws.logs;

import org.jspecify.annotations.NullMarked;
