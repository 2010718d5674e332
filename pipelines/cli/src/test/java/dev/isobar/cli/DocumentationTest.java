package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documentation says what the code says. {@code -Ddocs.update=true} copies the code into the documents instead of comparing.
 *
 * <p>A block of code in a document stands below a line {@code <!-- code: FILE#REGION -->}; in the file the region lies between {@code // docs:REGION} and
 * {@code // docs:end}.
 */
class DocumentationTest {
    private static final Path ROOT = root();
    private static final Pattern EMBEDDED =
            Pattern.compile("<!-- code: (\\S+)#(\\S+) -->\n```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("!?\\[[^\\]\\n]*\\]\\(([^)\\s]+)\\)");
    private static final Pattern FENCED = Pattern.compile("^```.*?^```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.+)$", Pattern.MULTILINE);

    @Test
    void codeInDocumentsIsTheCodeOfTheProject() throws IOException {
        boolean update = Boolean.getBoolean("docs.update");
        List<String> different = new ArrayList<>();
        int blocks = 0;
        for (Path document : documents()) {
            String text = Files.readString(document);
            StringBuilder updated = new StringBuilder();
            Matcher m = EMBEDDED.matcher(text);
            while (m.find()) {
                blocks++;
                String code = region(ROOT.resolve(m.group(1)), m.group(2));
                if (!code.equals(m.group(3))) {
                    different.add(ROOT.relativize(document) + " shows another " + m.group(1) + "#" + m.group(2));
                }
                m.appendReplacement(
                        updated,
                        Matcher.quoteReplacement(
                                "<!-- code: " + m.group(1) + "#" + m.group(2) + " -->\n```java\n" + code + "```"));
            }
            m.appendTail(updated);
            if (update) {
                Files.writeString(document, updated);
            }
        }
        assertThat(blocks).as("blocks of code that stand in a document").isGreaterThanOrEqualTo(3);
        if (!update) {
            assertThat(different)
                    .as("run this test with -Ddocs.update=true and look at the difference")
                    .isEmpty();
        }
    }

    @Test
    void theExampleOfTheGuideBuilds() {
        assertThat(new Payments().pipeline().spec().views()).hasSize(2);
    }

    @Test
    void theMistakesThatTheGuideQuotesAreWhatBuildSays() throws IOException {
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> new BrokenPipeline().pipeline());
        assertThat(Files.readString(ROOT.resolve("docs/pipeline-dsl.md")))
                .contains("```text\n" + e.getMessage() + "\n```");
    }

    @Test
    void linksWithinTheProjectLeadSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : documents()) {
            String prose = FENCED.matcher(Files.readString(document)).replaceAll("");
            Matcher m = LINK.matcher(prose);
            while (m.find()) {
                String target = m.group(1);
                if (target.matches("[a-z]+:.*")) {
                    continue;
                }
                links++;
                int hash = target.indexOf('#');
                String file = hash < 0 ? target : target.substring(0, hash);
                Path path = file.isEmpty()
                        ? document
                        : Objects.requireNonNull(document.getParent())
                                .resolve(file)
                                .normalize();
                if (!Files.exists(path)) {
                    broken.add(ROOT.relativize(document) + " → " + target);
                } else if (hash >= 0 && !anchors(path).contains(target.substring(hash + 1))) {
                    broken.add(ROOT.relativize(document) + " → " + target + " (no such heading)");
                }
            }
        }
        assertThat(links).as("links to look at").isGreaterThan(20);
        assertThat(broken).isEmpty();
    }

    @Test
    void everyDocumentIsReachedFromTheMap() throws IOException {
        String map = Files.readString(ROOT.resolve("docs/index.md"));
        List<String> forgotten = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            files.filter(f -> f.toString().endsWith(".md") && !f.endsWith("index.md"))
                    .map(f -> ROOT.resolve("docs").relativize(f).toString().replace('\\', '/'))
                    .filter(name -> !map.contains("(" + name + ")"))
                    .forEach(forgotten::add);
        }
        assertThat(forgotten).as("not linked from docs/index.md").isEmpty();
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        try (Stream<Path> top = Files.list(ROOT)) {
            top.filter(f -> f.toString().endsWith(".md")).forEach(documents::add);
        }
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            docs.filter(f -> f.toString().endsWith(".md")).forEach(documents::add);
        }
        assertThat(documents).contains(ROOT.resolve("README.md"), ROOT.resolve("docs/index.md"));
        documents.sort(null);
        return documents;
    }

    /** The lines of a region, moved to the left margin. */
    private static String region(Path file, String name) throws IOException {
        List<String> lines = Files.readAllLines(file);
        int begin = -1;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).strip().equals("// docs:" + name)) {
                begin = i + 1;
            } else if (begin >= 0 && lines.get(i).strip().equals("// docs:end")) {
                List<String> region = lines.subList(begin, i);
                int margin = region.stream()
                        .filter(l -> !l.isBlank())
                        .mapToInt(l -> l.length() - l.stripLeading().length())
                        .min()
                        .orElse(0);
                return region.stream()
                        .map(l -> l.isBlank() ? "\n" : l.substring(margin) + "\n")
                        .collect(Collectors.joining());
            }
        }
        throw new AssertionError(file + " has no region // docs:" + name + " … // docs:end");
    }

    /** Anchors of a document's headings, as the usual viewers make them. */
    private static Set<String> anchors(Path document) throws IOException {
        Set<String> anchors = new TreeSet<>();
        Matcher m = HEADING.matcher(FENCED.matcher(Files.readString(document)).replaceAll(""));
        while (m.find()) {
            anchors.add(m.group(1)
                    .strip()
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-'));
        }
        return anchors;
    }

    /** The checkout: the nearest folder above that has the README. */
    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("core-api/pom.xml"))) {
            folder = Objects.requireNonNull(
                    folder.getParent(), "no checkout above " + Path.of("").toAbsolutePath());
        }
        return folder;
    }
}
