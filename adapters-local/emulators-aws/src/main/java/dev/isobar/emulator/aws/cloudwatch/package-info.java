/**
 * CloudWatch's metrics and alarms on this machine, in the service's own protocol and with its validation. Nothing of Isobar, and no other service, may
 * come in here.
 */
@NullMarked
package dev.isobar.emulator.aws.cloudwatch;

import org.jspecify.annotations.NullMarked;
