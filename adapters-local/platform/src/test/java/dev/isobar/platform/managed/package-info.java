/** Tests of what adapters do alike around managed services. */
@org.jspecify.annotations.NullMarked
package dev.isobar.platform.managed;
