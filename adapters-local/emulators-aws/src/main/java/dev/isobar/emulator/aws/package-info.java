/**
 * The process: arguments, and all emulated services, each at its endpoint. No service may live here, and nobody below may name this package.
 */
@NullMarked
package dev.isobar.emulator.aws;

import org.jspecify.annotations.NullMarked;
