/**
 * Where this installation is: the project, ISOBAR_HOME, the modules' jars, and the command lines of its other programs.
 * Knows files and processes of this machine; nothing of commands, configuration or output may come in.
 */
@NullMarked
package dev.isobar.cli.install;

import org.jspecify.annotations.NullMarked;
