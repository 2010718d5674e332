@NullMarked
package dev.isobar.gcp.vertex;

import org.jspecify.annotations.NullMarked;
