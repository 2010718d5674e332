/**
 * The pipeline as data: immutable records, expression trees, canonical JSON and the hashes over it. Engines and adapters-to-be read this; people
 * write it through {@code dev.isobar.pipeline}. No lambdas, no builders, no validation of meaning.
 */
@NullMarked
package dev.isobar.spec;

import org.jspecify.annotations.NullMarked;
