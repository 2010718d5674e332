/**
 * What an event says about a decision, and which part of a training set the decision belongs to.
 * Pure: nothing here reads or writes anything.
 */
@NullMarked
package dev.isobar.runtime.label;

import org.jspecify.annotations.NullMarked;
