/**
 * Processes that stand in for the containers of a deployed model: started, asked for their health, started again when they die, dealt requests, drained. What a
 * service calls any of it, and which requests there are, may not come in.
 */
@NullMarked
package dev.isobar.emulation.serving;

import org.jspecify.annotations.NullMarked;
