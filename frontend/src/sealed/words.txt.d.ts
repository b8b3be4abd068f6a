declare module "*/words.txt" {
  const text: string;
  export default text;
}
