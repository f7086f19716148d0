// Package workload is the standard workload: one data set and one mix of
// questions, the same for every engine, so that figures can be compared.
//
// A [Workload] is a pure function of a seed and a number of organizations. It
// holds nothing: an organization is made when it is wanted, from a random
// sequence of its own, so that 10 million tuples stream by ([Workload.Tuples])
// and a question about one of them costs no more than making its organization.
//
// # What is in it
//
// An organization ([Org]) has 60 users, 12 teams in a tree of 4 levels, 10
// workspaces that users and teams have roles in, and 20 chatbots in each. Beside
// the organizations there are extras: a support team that reads 500 workspaces,
// a user who reads 5, chains of teams, two teams that contain each other
// ([Workload.Core]); chains 100 and 1,000 deep ([Deep]); a group of a million
// members and a workspace shared with 10,000 teams ([Wide]). Deep and Wide are no
// part of Tuples, because they would outweigh the small sizes: they are written
// to the same store by the rows that ask about them.
//
// # What is right
//
// The expected answers are the generator's own bookkeeping and no engine's. An
// organization has no more than 64 users, so that everyone who may do something
// is a word with a bit for each of them, and a permission is what the schema
// says, in operators on words.
//
// # Questions
//
// [Workload.Questions] makes questions about chatbots: view 50 %, edit 15 %,
// delete 10 %, test 20 %, transfer 5 %. Half are allowed; of the denied, half are
// about a user of the same organization, for whom everything has to be searched,
// and half about a stranger, who is a user of another organization. These shares
// are exact in each 80 questions.
package workload
