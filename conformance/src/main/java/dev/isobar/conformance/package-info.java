/**
 * The adapter kit: abstract JUnit classes that read like the specification of each port.
 * An adapter proves itself with an almost empty subclass; a third party can do the same with its own.
 * It sees core-api only, never an adapter or the runtime.
 */
@NullMarked
package dev.isobar.conformance;

import org.jspecify.annotations.NullMarked;
