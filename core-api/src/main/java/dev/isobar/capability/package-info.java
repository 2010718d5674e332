/**
 * What an adapter says it can do, per port, and within which limits. The plan and the conformance kit read it; what is declared is
 * tested, what is not must fail with {@code UNSUPPORTED}.
 */
@NullMarked
package dev.isobar.capability;

import org.jspecify.annotations.NullMarked;
