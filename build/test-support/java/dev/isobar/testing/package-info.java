/**
 * What every module's tests share; Maven compiles it into each of them.
 * So far: a skipped test says why on the console.
 * No code that a test calls comes in; the adapter kit is in conformance.
 */
@NullMarked
package dev.isobar.testing;

import org.jspecify.annotations.NullMarked;
