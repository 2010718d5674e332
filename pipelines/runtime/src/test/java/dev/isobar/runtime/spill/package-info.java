@NullMarked
package dev.isobar.runtime.spill;

import org.jspecify.annotations.NullMarked;
