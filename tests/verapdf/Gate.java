import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.logging.*;
import java.util.stream.*;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;
import org.verapdf.pdfa.validation.profiles.*;
import org.w3c.dom.*;

/** Usage: Gate FLAVOUR,… FILE… Validates each file in each flavour (a key of RULES); a line of JSON for each. */
public class Gate {
    static final Map<String, String> RULES = Map.of("3a", "PDFA-3A", "ua1", "PDFUA-1", "4f", "PDFA-4F",
        "ua2", "PDFUA-2-ISO32005", "wt1a", "WTPDF-1-0-Accessibility", "wt1r", "WTPDF-1-0-Reuse");

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Logger.getLogger("").setLevel(Level.SEVERE);
        VeraGreenfieldFoundryProvider.initialise();
        List<ValidationProfile> profiles = new ArrayList<>();
        for (String id : arguments[0].split(","))
            profiles.add(profile(PDFAFlavour.byFlavourId(id), RULES.get(id)));
        for (String file : Arrays.copyOfRange(arguments, 1, arguments.length))
            for (ValidationProfile profile : profiles) {
                PDFAFlavour flavour = profile.getPDFAFlavour();
                String verdict;
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file), flavour)) {
                    verdict = verdict(parser, profile);
                } catch (Exception fault) {
                    verdict = "\"compliant\":false,\"checks\":0,\"faults\":["
                        + fault("unreadable", 1, fault.toString(), "the file") + "]";
                }
                out.println("{\"file\":" + json(file) + ",\"flavour\":" + json(flavour.getId()) + "," + verdict + "}");
            }
    }

    static String verdict(PDFAParser parser, ValidationProfile profile) throws Exception {
        ValidationResult result =
            Foundries.defaultInstance().createValidator(profile, 1, false, true, false).validate(parser);
        List<String> faults = new ArrayList<>();
        for (TestAssertion first : result.getTestAssertions()) {
            RuleId id = first.getRuleId();
            faults.add(fault(id.getClause() + "-" + id.getTestNumber(), result.getFailedChecks().get(id),
                first.getErrorMessage(), first.getLocation().getContext()));
        }
        return "\"compliant\":" + result.isCompliant() + ",\"checks\":" + result.getTotalAssertions()
            + ",\"faults\":[" + String.join(",", faults) + "]";
    }

    static String fault(String rule, int count, String message, String where) {
        return "{\"rule\":" + json(rule) + ",\"count\":" + count + ",\"message\":" + json(message)
            + ",\"where\":" + json(where) + "}";
    }

    static String json(String text) {
        return '"' + text.chars().mapToObj(c -> c < 32 || c == '"' || c == '\\'
            ? String.format("\\u%04x", c) : String.valueOf((char) c)).collect(Collectors.joining()) + '"';
    }

    // veraPDF's own reader of its profiles needs a JAXB runtime, which neither Java nor the jar brings whole.
    static ValidationProfile profile(PDFAFlavour flavour, String name) throws Exception {
        Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(Gate.class.getResource("/org/verapdf/pdfa/validation/" + name + ".xml").toString())
            .getDocumentElement();
        Set<Rule> rules = all(root, "rule").map(rule -> Profiles.ruleFromValues(
            all(rule, "id").map(id -> Profiles.ruleIdFromValues(
                PDFAFlavour.Specification.valueOf(id.getAttribute("specification")), id.getAttribute("clause"),
                Integer.parseInt(id.getAttribute("testNumber")))).findFirst().get(),
            rule.getAttribute("object"), Boolean.valueOf(rule.getAttribute("deferred")), rule.getAttribute("tags"),
            text(rule, "description"), text(rule, "test"),
            Profiles.errorFromValues(text(rule, "message"), all(rule, "argument").map(argument ->
                ErrorArgumentImpl.fromValues(argument.getTextContent(), null, null)).collect(Collectors.toList())),
            List.of())).collect(Collectors.toSet());
        Set<Variable> variables = all(root, "variable").map(variable -> Profiles.variableFromValues(
            variable.getAttribute("name"), variable.getAttribute("object"), text(variable, "defaultValue"),
            text(variable, "value"))).collect(Collectors.toSet());
        ProfileDetails details = Profiles.profileDetailsFromValues(name, name, "veraPDF Consortium", new Date(0));
        return Profiles.profileFromValues(flavour, details, "", rules, variables);
    }

    static Stream<Element> all(Element element, String name) {
        NodeList nodes = element.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i));
    }

    static String text(Element element, String name) {
        return all(element, name).findFirst().get().getTextContent();
    }
}
