/**
 * A typed, validated view of configuration. Keys are declared, unknown keys are fatal with a suggestion, all errors are shown at once. No
 * configuration library leaks in here.
 */
@NullMarked
package dev.isobar.config;

import org.jspecify.annotations.NullMarked;
