using System.Text;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>Text from a file as it may stand in a message.</summary>
internal static class MessageText
{
    private const int Longest = 60;

    /// <summary>The text on one line, without control characters, cut when long.</summary>
    public static string OnOneLine(string text)
    {
        var line = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (line.Length >= Longest)
                return line.Append('…').ToString();
            line.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? Rune.ReplacementChar : rune);
        }

        return line.ToString();
    }
}
