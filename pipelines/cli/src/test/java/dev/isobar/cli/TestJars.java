package dev.isobar.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles source text into jars, so that class loaders are tested with classes that the test's own class path has not. */
final class TestJars {
    private TestJars() {}

    /** The folder of the whole reactor. */
    static Path root() {
        Path folder = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("core-api"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /** A jar on this test's class path, by the beginning of its file name. */
    static Path onClassPath(String prefix) {
        return Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .map(Path::of)
                .filter(p -> p.getFileName().toString().startsWith(prefix))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + prefix + " on the class path"));
    }

    /**
     * Makes a jar.
     *
     * @param sources class name → source text
     * @param service interface → implementing class, empty for none
     */
    static Path jar(Path jar, Map<String, String> sources, Map<String, String> service) throws IOException {
        return jar(jar, sources, service, new Manifest());
    }

    /** A jar that names the main class; its only source. */
    static Path program(Path jar, String mainClass, String source) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, mainClass);
        return jar(jar, Map.of(mainClass, source), Map.of(), manifest);
    }

    /** An adapter's jar, of a manifest only, that names what fills a trainer's folders. */
    static Path stager(Path jar, String mainClass) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Isobar-Stager", mainClass);
        return jar(jar, Map.of(), Map.of(), manifest);
    }

    private static Path jar(Path jar, Map<String, String> sources, Map<String, String> service, Manifest manifest)
            throws IOException {
        Path work = Files.createTempDirectory(Files.createDirectories(jar.getParent()), "compile");
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> e : sources.entrySet()) {
            Path file = work.resolve("src").resolve(e.getKey().replace('.', '/') + ".java");
            Files.createDirectories(file.getParent());
            files.add(Files.writeString(file, e.getValue()));
        }
        Path classes = Files.createDirectories(work.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = files.isEmpty()
                    || compiler.getTask(
                                    messages,
                                    manager,
                                    null,
                                    List.of(
                                            "-d",
                                            classes.toString(),
                                            "-proc:none",
                                            "-cp",
                                            System.getProperty("java.class.path")),
                                    null,
                                    manager.getJavaFileObjectsFromPaths(files))
                            .call();
            if (!compiled) {
                throw new AssertionError(messages.toString());
            }
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream zip = new JarOutputStream(out, manifest);
                Stream<Path> all = Files.walk(classes)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace('\\', '/')));
                zip.write(Files.readAllBytes(file));
            }
            for (Map.Entry<String, String> e : service.entrySet()) {
                zip.putNextEntry(new JarEntry("META-INF/services/" + e.getKey()));
                zip.write(e.getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return jar;
    }
}
