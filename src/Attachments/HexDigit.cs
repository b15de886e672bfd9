namespace OrthancCloudFs.Attachments;

/// <summary>Lower-case hexadecimal digits, the only ones in Orthanc's names.</summary>
internal static class HexDigit
{
    public static bool TryParse(byte character, out byte digit)
    {
        int value = character switch
        {
            >= (byte)'0' and <= (byte)'9' => character - '0',
            >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
            _ => -1,
        };
        digit = (byte)Math.Max(0, value);
        return value >= 0;
    }

    public static byte Format(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}
