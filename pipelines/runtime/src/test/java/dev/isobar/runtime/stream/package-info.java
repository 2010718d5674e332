/**
 * Tests of the streaming path, and the process that they kill.
 * Real ports of the local adapter are below them.
 */
@NullMarked
package dev.isobar.runtime.stream;

import org.jspecify.annotations.NullMarked;
