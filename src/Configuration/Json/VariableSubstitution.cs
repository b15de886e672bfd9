using System.Text;
using System.Text.RegularExpressions;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>
/// Replaces <c>${VAR}</c> and <c>${VAR:-default}</c> in the text of a configuration file as Orthanc does
/// (<c>Toolbox::SubstituteVariables</c>): before the JSON is parsed, anywhere in the text, not recursively. A variable that is
/// set to nothing counts as set; one that is not set and has no default is replaced by nothing, here with a warning. The
/// default may stand in single or double quotes, which are dropped. Anything else that begins with <c>${</c> stays as it is.
/// </summary>
/// <remarks>
/// Two differences from Orthanc, both towards safety: comments are left alone, so that a value cannot end one; and a value
/// inserted into a JSON string must not end that string.
/// </remarks>
internal static partial class VariableSubstitution
{
    /// <exception cref="ConfigurationException">A value would break the JSON string that it stands in, or a name is empty.</exception>
    public static SourceText Apply(string path, string written, IReadOnlyDictionary<string, string> environment, List<string> warnings)
    {
        var output = new StringBuilder(written.Length);
        var insertions = new List<Insertion>();
        var state = new JsonScanner();

        for (int i = 0; i < written.Length;)
        {
            if (!state.InComment && written[i] == '$' && Reference().Match(written, i) is { Success: true } reference)
            {
                string value = Evaluate(path, written, reference, environment, warnings);
                if (state.InString)
                    RefuseToBreakString(path, written, reference, value);
                insertions.Add(new Insertion(reference.Groups["name"].Value, output.Length, value.Length, i, reference.Length));
                output.Append(value);
                i += reference.Length;
                if (value.Length > 0)
                    state.SkipValue();
                continue;
            }

            state.Advance(written, i);
            output.Append(written[i++]);
        }

        return new SourceText(path, written, output.ToString(), insertions);
    }

    private static string Evaluate(
        string path, string written, Match reference, IReadOnlyDictionary<string, string> environment, List<string> warnings)
    {
        string place = SourceText.Locate(path, written, reference.Index);
        string name = reference.Groups["name"].Value;
        if (name.Length == 0)
            throw new ConfigurationException($"{place}: this names no environment variable: write ${{NAME}} or ${{NAME:-default}}.");
        if (environment.TryGetValue(name, out string? value))
            return value;
        if (reference.Groups["default"] is { Success: true } fallback)
            return fallback.Value;
        warnings.Add(
            $"{place}: the environment variable {MessageText.OnOneLine(name)} is not set and has no default; it is replaced by nothing, as Orthanc does.");
        return "";
    }

    private static void RefuseToBreakString(string path, string written, Match reference, string value)
    {
        string? fault = StringFragmentFault(value);
        if (fault is not null)
        {
            throw new ConfigurationException(
                $"{SourceText.Locate(path, written, reference.Index)}: the value of {MessageText.OnOneLine(reference.Groups["name"].Value)} contains "
                + $"{fault}, which breaks the JSON string that it is inserted into: write it with JSON's escapes (\\\", \\\\, \\n) in the environment.");
        }
    }

    /// <summary>Says why a text cannot stand between the quotes of a JSON string; null if it can.</summary>
    private static string? StringFragmentFault(string value)
    {
        for (int i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '"':
                    return "a quotation mark";
                case < ' ':
                    return "a line break or another control character";
                case '\\' when i + 1 < value.Length && "\"\\/bfnrtu".Contains(value[i + 1]):
                    i++;
                    break;
                case '\\':
                    return "a backslash that begins no JSON escape";
            }
        }

        return null;
    }

    [GeneratedRegex(
        """\G\$\{(?<name>[^:}"'\r\n]*)(?::-(?:(?<default>[^'"}]*)|"(?<default>[^"]*)"|'(?<default>[^']*)'))?\}""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();
}
