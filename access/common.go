package access

import (
	_ "embed"
	"strings"
	"unicode"
)

// commonWords are words that common passwords are made of, lower-case letters only.
//
//go:embed common.txt
var commonWords string

const (
	maxPieces     = 3 // common words one after the other that are still no password
	fewCharacters = 5 // different ones that a password has at least
	minOwnWord    = 3 // bytes of a person's own name, from which on it is a word to guess
)

// common says whether a password is among those that are tried first: common words or the person's own, up to three of
// them, with whatever digits and signs are strewn in or stand for letters; a row of neighbours such as 123456789012;
// or fewer than five different characters.
//
// A list of leaked passwords was not taken: those of 12 characters and more are such words with such digits, and the rule
// finds their kin too.
func common(password string, own []string) bool {
	lower := strings.ToLower(password)
	if distinct(lower) < fewCharacters || neighbours(lower) {
		return true
	}
	words := map[string]bool{}
	for word := range strings.FieldsSeq(commonWords) {
		words[word] = true
	}
	for _, text := range own {
		for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if len(word) >= minOwnWord {
				words[word] = true
			}
		}
	}
	inner := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, text := range []string{lower, inner} {
		for _, swap := range swaps {
			if letters := lettersOf(swap.Replace(text)); letters != "" && pieces(letters, words) <= maxPieces {
				return true
			}
		}
	}
	return false
}

// swaps undo what stands for letters. A 1 is read in both ways.
var swaps = []*strings.Replacer{
	strings.NewReplacer(),
	strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "!", "i", "8", "b"),
	strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "!", "l", "8", "b"),
}

func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// neighbours says whether most characters follow the one before them, or repeat it: 123456789012, abcdefghijkl, aabbccddee.
func neighbours(s string) bool {
	runes := []rune(s)
	steps := 0
	for i := 1; i < len(runes); i++ {
		if d := runes[i] - runes[i-1]; d >= -1 && d <= 1 {
			steps++
		}
	}
	return steps*3 >= (len(runes)-1)*2
}

// pieces returns of how few of the words a text is made, more than maxPieces if it is not.
func pieces(text string, words map[string]bool) int {
	least := make([]int, len(text)+1) // of the text's beginning up to there
	for end := 1; end <= len(text); end++ {
		least[end] = maxPieces + 1
		for start := range end {
			if least[start] < least[end]-1 && words[text[start:end]] {
				least[end] = least[start] + 1
			}
		}
	}
	return least[len(text)]
}
