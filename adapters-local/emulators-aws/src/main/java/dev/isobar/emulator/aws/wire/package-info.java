/**
 * What the emulated services share: HTTP on a port of 127.0.0.1, and AWS's JSON 1.1 protocol with its way of saying what went wrong. No service may
 * live here.
 */
@NullMarked
package dev.isobar.emulator.aws.wire;

import org.jspecify.annotations.NullMarked;
