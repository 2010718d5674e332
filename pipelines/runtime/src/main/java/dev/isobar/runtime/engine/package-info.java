/**
 * The runtime itself: which run it is, what is taken up, the order of steps, and what is told about it. It puts the steps together and owns no step's work.
 */
@NullMarked
package dev.isobar.runtime.engine;

import org.jspecify.annotations.NullMarked;
